package probe

import (
	"os"
	"runtime"
	"syscall"
	"testing"

	"ftpdiag/probe/evidence"
)

func TestKindOfWSA(t *testing.T) {
	tests := []struct {
		number uintptr
		want   evidence.Kind
	}{
		{10013, evidence.KindDenied},
		{10048, evidence.KindExhausted},
		{10049, evidence.KindExhausted},
		{10050, evidence.KindNetUnreachable},
		{10051, evidence.KindNetUnreachable},
		{10053, evidence.KindReset},
		{10054, evidence.KindReset},
		{10055, evidence.KindExhausted},
		{10060, evidence.KindTimedOut},
		{10061, evidence.KindRefused},
		{10065, evidence.KindHostUnreachable},
		{11001, evidence.KindNoSuchHost},
		{11002, evidence.KindResolver},
		{121, evidence.KindTimedOut},
		{1225, evidence.KindRefused},
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
	want := evidence.KindOther
	if runtime.GOOS == "windows" {
		want = evidence.KindRefused
	}
	if got := KindOf(os.NewSyscallError("connectex", syscall.Errno(10061))); got != want {
		t.Errorf("errno 10061 is %q on %s, want %q", got, runtime.GOOS, want)
	}
}
