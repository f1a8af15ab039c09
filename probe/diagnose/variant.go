package diagnose

// variant is a cause in a form that wants other words and other steps than the
// catalogue and the remedies of its code have.
type variant struct {
	who      []Who
	summary  string // completed by fill
	remedies []remedy
}
