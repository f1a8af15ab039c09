//go:build !linux

package probe

import (
	"context"
	"errors"
	"net/netip"
	"runtime"
	"testing"
)

func TestLocateSaysThatItIsNotAvailable(t *testing.T) {
	dead := netip.MustParseAddrPort("127.0.0.1:1")
	walk, route := Locate(context.Background(), LocateConfig{Dead: dead, Control: dead})
	if walk.Unavailable != "not available on "+runtime.GOOS || walk.Answer != "" || len(route) != 0 {
		t.Errorf("got %+v and %v, want it to be unavailable", walk, route)
	}
	if w, err := Watch(1); w != nil || !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("Watch gives %v, %v, want ErrUnsupported", w, err)
	}
}
