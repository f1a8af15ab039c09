package sweep

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

var allowed = []string{"user", "path", "label"}

// read writes the lines of a list as the tests name them.
func read(t testing.TB, text string) []string {
	t.Helper()
	lines, err := ReadList(strings.NewReader(text), allowed)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for l := range lines {
		if l.Err != nil {
			got = append(got, fmt.Sprintf("%d! %v", l.Number, l.Err))
			continue
		}
		s := fmt.Sprintf("%d:%s", l.Number, l.Target)
		for _, o := range l.Options {
			s += fmt.Sprintf("|%s=%s", o.Name, o.Value)
		}
		got = append(got, s)
	}
	return got
}

func TestReadList(t *testing.T) {
	tests := []struct {
		text string
		want []string
	}{
		{"", nil},
		{"\ufeff\n \t\n# a comment\n", nil},
		{"a", []string{"1:a"}},
		{"\ufeffa\r\n\r\n  b # rest\r\nc#d\r\n", []string{"1:a", "3:b", "4:c#d"}},
		{"a\tuser=bob   label=x#y # z\n", []string{"1:a|user=bob|label=x#y"}},
		{`a label="two words" path='it"s/'`, []string{`1:a|label=two words|path=it"s/`}},
		{`a label="\"q\" \\ \n" path=C:\dir`, []string{`1:a|label="q" \ \n|path=C:\dir`}},
		{`a "label=two words" user=b""c`, []string{"1:a|label=two words|user=bc"}},
		{`"#a" label='#'`, []string{"1:#a|label=#"}},
		{"a user=x=y", []string{"1:a|user=x=y"}},
		{"a\nb label=\"x\nc", []string{"1:a", "2! a quote is not closed", "3:c"}},
		{`""`, []string{"1! its target is empty"}},
		{"a user=", []string{"1! user= is empty"}},
		{"a user=x user=y", []string{"1! user= comes twice"}},
		{"a b", []string{"1! behind the target only words of the form NAME=VALUE may stand: user=, path=, label="}},
		{"a pass=secret", []string{`1! unknown option "pass": user=, path=, label=`}},
		{"a " + strings.Repeat("n", 99) + "=1", []string{`1! unknown option "nnnnnnnnnnnnnnnnnnnn...": user=, path=, label=`}},
		{strings.Repeat("a", maxLine+1) + "\nb", []string{"1! it is longer than 64 KiB", "2:b"}},
	}
	for _, tt := range tests {
		if got := read(t, tt.text); !slices.Equal(got, tt.want) {
			t.Errorf("%.60q:\n got %q\nwant %q", tt.text, got, tt.want)
		}
	}
}

// An error of a line repeats nothing that could be a password.
func TestListRepeatsNoValue(t *testing.T) {
	for _, text := range []string{"a s3cret-word", "a password=s3cret-word", "a user=\"s3cret-word", "a user=s3cret-word user=s3cret-word"} {
		for _, line := range read(t, text) {
			if strings.Contains(line, "s3cret") {
				t.Errorf("%q: %s", text, line)
			}
		}
	}
}

func TestNoList(t *testing.T) {
	broken := errors.New("broken")
	for _, tt := range []struct {
		r    io.Reader
		want string
	}{
		{iotest.ErrReader(broken), "broken"},
		{strings.NewReader("\xff\xfea\x00"), "it is UTF-16: save it as UTF-8"},
		{strings.NewReader("\xfe\xff\x00a"), "it is UTF-16: save it as UTF-8"},
	} {
		if _, err := ReadList(tt.r, allowed); err == nil || err.Error() != tt.want {
			t.Errorf("error %v, want %q", err, tt.want)
		}
	}
}

// Whatever a list says, it says the same again when it is written from what was
// read.
func FuzzReadList(f *testing.F) {
	for _, s := range []string{"a user=b # c\n", "\ufeffh label=\"x \\\" y\" path='/'\r\n\r\nb", "\"\" user=", "a '", "a\xff\xfe \"\xff\""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		lines, err := ReadList(strings.NewReader(text), allowed)
		if err != nil {
			return
		}
		var again strings.Builder
		var want []Line
		for l := range lines {
			if l.Err != nil {
				continue
			}
			want = append(want, l)
			again.WriteString(Quote(l.Target))
			for _, o := range l.Options {
				again.WriteString(" " + Quote(o.Name+"="+o.Value))
			}
			again.WriteString("\n")
		}
		lines, err = ReadList(strings.NewReader("\n"+again.String()), allowed)
		if err != nil {
			t.Fatal(err)
		}
		i := 0
		for l := range lines {
			if l.Err != nil || i >= len(want) || l.Target != want[i].Target || !slices.Equal(l.Options, want[i].Options) {
				t.Fatalf("line %d is %+v, not as in %q", i, l, text)
			}
			i++
		}
		if i != len(want) {
			t.Fatalf("%d lines of %d in %q", i, len(want), again.String())
		}
	})
}
