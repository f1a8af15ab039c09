package report_test

import (
	"strings"
	"testing"

	"ftpdiag/probe/diagnose"
	"ftpdiag/report"
)

// What several runs say about how often the mode works counts for more than what
// the ports of one say.
func TestRepeatedShare(t *testing.T) {
	r := readGolden(t, "repeated-port")[0]
	share := 0.9
	r.Repeats.Passive.Share = &share
	if text := string(render(t, report.Options{}, []*diagnose.Result{r})); !strings.Contains(text, "about 90 % of the transfers.") {
		t.Errorf("%s", text)
	}
	r.Repeats.Passive.Partly = 2
	r.Repeats.Methods.EPSV.Partly = 2
	text := strings.Join(strings.Fields(string(render(t, report.Options{}, []*diagnose.Result{r}))), " ")
	if want := "Passive mode worked in 3 of 8 runs and on some tries only in 2 (EPSV 3+2 of 8, PASV 3 of 8)."; !strings.Contains(text, want) {
		t.Errorf("no %q in %s", want, text)
	}
	r.Repeats.Passive, r.Repeats.Active = diagnose.Share{}, diagnose.Share{}
	if text := string(render(t, report.Options{}, []*diagnose.Result{r})); !strings.Contains(text, "No run came to a transfer.") {
		t.Errorf("%s", text)
	}
}
