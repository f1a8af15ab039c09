package suggest

import "testing"

func TestNearest(t *testing.T) {
	flags := []string{"timeout", "deadline", "mode", "password-file", "verbose", "no-foreign"}
	tests := map[string]string{
		"timeuot": "timeout", "time": "timeout", "dedline": "deadline", "mdoe": "mode", "mod": "mode", "modes": "mode",
		"password-fiel": "password-file", "noforeign": "no-foreign", "recursive": "", "x": "", "": "",
	}
	for in, want := range tests {
		if got := Nearest(in, flags); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", in, got, want)
		}
	}
}
