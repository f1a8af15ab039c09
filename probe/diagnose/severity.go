package diagnose

import (
	"cmp"
	"slices"

	"ftpdiag/probe/evidence"
)

// mostlyWorks is the share from which a mode that works sometimes is only worth
// a warning.
const mostlyWorks = 0.5

// isAsked tells whether the mode is what is asked for.
func (v *view) isAsked(mode evidence.Mode, recommended RecommendedMode) bool {
	return isAsked(v.ev.Options.Expect, mode, recommended)
}

// isAsked tells whether the mode is what expect names, and under any what is
// recommended; where that is neither, both.
func isAsked(expect string, mode evidence.Mode, recommended RecommendedMode) bool {
	switch expect {
	case "both":
		return true
	case string(evidence.Passive), string(evidence.Active):
		return string(mode) == expect
	}
	return recommended == None || string(mode) == string(recommended)
}

// severityOf the hit, by its weight and the verdicts.
func (v *view) severityOf(h hit, recommended RecommendedMode) Severity {
	switch h.weight {
	case notes:
		return Info
	case cautions:
		return Warning
	case spoils, stops:
		return Error
	case limits:
		switch v.verdicts.modes.Of(h.mode) {
		case Works, Conditional, Intermittent:
			return Warning
		case Fails:
			if !v.verdicts.caused[h.mode] {
				return v.decidedSeverity(h.mode, recommended)
			}
		}
		return Info
	}
	if v.aboutFile(h.tries) {
		return Error
	}
	if h.mode != "" {
		return v.decidedSeverity(h.mode, recommended)
	}
	for _, mode := range []evidence.Mode{evidence.Passive, evidence.Active} {
		if v.decidedSeverity(mode, recommended) == Error {
			return Error
		}
	}
	return Warning
}

// aboutFile tells whether the attempts were made for a file that was asked for
// beside the verdict on the modes, and that went nowhere.
func (v *view) aboutFile(tries []*try) bool {
	lost := v.fileLostEverywhere()
	return len(tries) > 0 && !slices.ContainsFunc(tries, func(t *try) bool {
		return t.Operation != opStore && (t.Path == "" || !lost)
	})
}

// decidedSeverity is that of a cause of the mode's failures.
func (v *view) decidedSeverity(mode evidence.Mode, recommended RecommendedMode) Severity {
	if !v.isAsked(mode, recommended) {
		return Warning
	}
	switch v.verdicts.modes.Of(mode) {
	case Fails:
		return Error
	case Intermittent:
		if v.verdicts.share[mode] < mostlyWorks {
			return Error
		}
	}
	return Warning
}

// statusOf the whole: see the contract's exit codes.
func (v *view) statusOf(findings []Finding, recommended RecommendedMode) Status {
	return statusOf(findings, v.ev.Options.Expect, v.verdicts.modes, recommended)
}

func statusOf(findings []Finding, expect string, modes Modes, recommended RecommendedMode) Status {
	status := StatusOK
	for _, f := range findings {
		switch {
		case f.Severity == Error:
			return StatusCritical
		case f.Severity == Warning && (f.Mode == "" || isAsked(expect, f.Mode, recommended)):
			status = StatusWarning
		}
	}
	if status == StatusOK && !answered(expect, modes, recommended) {
		return StatusUnknown
	}
	return status
}

// answered tells whether what is asked for is known to work.
func answered(expect string, modes Modes, recommended RecommendedMode) bool {
	switch expect {
	case "both":
		return usable(modes.Passive) && usable(modes.Active)
	case string(evidence.Passive), string(evidence.Active):
		return usable(modes.Of(evidence.Mode(expect)))
	}
	return recommended != None
}

// Orders of the findings.
var (
	severities = []Severity{Error, Warning, Info}
	layers     = []Layer{LayerDNS, LayerControl, LayerGreeting, LayerTLS, LayerLogin, LayerNegotiation, LayerData, LayerTransfer}
)

// sortFindings: by severity, those about a failing mode first, then by layer and
// code.
func (v *view) sortFindings(findings []Finding) {
	failing := func(f Finding) int {
		switch v.verdicts.modes.Of(f.Mode) {
		case Fails, Intermittent:
			return 0
		}
		return 1
	}
	slices.SortStableFunc(findings, func(a, b Finding) int {
		return cmp.Or(
			cmp.Compare(slices.Index(severities, a.Severity), slices.Index(severities, b.Severity)),
			cmp.Compare(failing(a), failing(b)),
			cmp.Compare(slices.Index(layers, a.Layer), slices.Index(layers, b.Layer)),
			cmp.Compare(a.Code, b.Code),
			cmp.Compare(a.Mode, b.Mode),
		)
	})
}
