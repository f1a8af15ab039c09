package probe

import (
	"os"
	"runtime"
	"syscall"
	"testing"
)

func TestKindOfWSA(t *testing.T) {
	tests := []struct {
		number uintptr
		want   Kind
	}{
		{10013, KindDenied},
		{10048, KindExhausted},
		{10049, KindExhausted},
		{10050, KindNetUnreachable},
		{10051, KindNetUnreachable},
		{10053, KindReset},
		{10054, KindReset},
		{10055, KindExhausted},
		{10060, KindTimedOut},
		{10061, KindRefused},
		{10065, KindHostUnreachable},
		{11001, KindNoSuchHost},
		{11002, KindResolver},
		{121, KindTimedOut},
		{1225, KindRefused},
		{0, ""},
		{111, ""}, // ECONNREFUSED of Linux
		{10035, ""},
	}
	for _, tt := range tests {
		if got := kindOfWSA(tt.number); got != tt.want {
			t.Errorf("kindOfWSA(%d) = %q, want %q", tt.number, got, tt.want)
		}
	}
}

// On Windows the number itself must come through; elsewhere it means nothing.
func TestErrnoOfWindows(t *testing.T) {
	want := KindOther
	if runtime.GOOS == "windows" {
		want = KindRefused
	}
	if got := KindOf(os.NewSyscallError("connectex", syscall.Errno(10061))); got != want {
		t.Errorf("errno 10061 is %q on %s, want %q", got, runtime.GOOS, want)
	}
}
