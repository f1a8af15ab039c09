package report_test

import (
	"strings"
	"testing"

	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/evidence"
	"ftpdiag/report"
)

// The command that would tell more asks the same of the same target, and holds
// no password.
func TestDeeperCommand(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*diagnose.Result)
		want   string // "": nothing is said
	}{
		{"as it was", func(*diagnose.Result) {}, "ftpdiag --thorough ftp.example.com:2121"},
		{"all flags", func(r *diagnose.Result) {
			r.Target.Input, r.Target.User, r.Target.Path = "ftp://bob:***@ftp.example.com:2121/my%20dir/", "bob", "my dir/"
			r.Options.Mode, r.Options.TLS, r.Options.Family = "passive", "explicit", "ipv4"
		}, "ftpdiag --thorough --mode passive --tls explicit --user bob --path 'my dir/' -4 ftp.example.com:2121"},
		{"IPv6", func(r *diagnose.Result) { r.Target.Host = "2001:db8::1" }, "ftpdiag --thorough '[2001:db8::1]:2121'"},
		{"implicit TLS", func(r *diagnose.Result) { r.Options.TLS, r.Target.Port = "implicit", 990 }, "ftpdiag --thorough --tls implicit ftp.example.com"},
		{"named like a command", func(r *diagnose.Result) { r.Target.Host, r.Target.Port = "demo", 21 }, "ftpdiag --thorough ftp://demo"},
		{"an inexact boundary", func(r *diagnose.Result) {
			r.Findings[0].CouldAlsoBe, r.PassivePorts.Passes = nil, []int{1024, 3000}
		}, "ftpdiag --thorough ftp.example.com:2121"},
		{"nothing open", func(r *diagnose.Result) { r.Findings[0].CouldAlsoBe = nil }, ""},
		{"all was asked", func(r *diagnose.Result) { r.Sent.Spared = false }, ""},
		{"thorough", func(r *diagnose.Result) { r.Options.Thorough = true }, ""},
		{"perhaps locked out", func(r *diagnose.Result) { r.ContactLost = &evidence.ContactLost{} }, ""},
		{"a demo", func(r *diagnose.Result) { r.Target.Input = "demo passive-low-ports-only" }, ""},
	} {
		r := readGolden(t, "spared")[0]
		c.change(r)
		var md strings.Builder
		if err := (report.Markdown{}).Render(&md, r); err != nil {
			t.Fatal(err)
		}
		for format, got := range map[string]string{"text": string(render(t, report.Options{}, []*diagnose.Result{r})), "markdown": md.String()} {
			unbroken := strings.Join(strings.Fields(got), " ")
			want := "`" + c.want + "` would tell more"
			if n := strings.Count(unbroken, "would tell more"); c.want == "" && n != 0 || c.want != "" && (n != 1 || !strings.Contains(unbroken, want)) {
				t.Errorf("%s, %s: %q is not in\n%s", c.name, format, c.want, got)
			}
		}
	}
}
