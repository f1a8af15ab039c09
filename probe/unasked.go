package probe

import (
	"slices"

	"ftpdiag/probe/evidence"
)

// upToLogin are the commands after which the session is not logged in yet, or has
// sent nothing since; "" is none.
var upToLogin = []string{"", "HOST", "AUTH", "USER", "PASS", "PBSZ", "PROT"}

// noteUnasked throws a reply away that nobody asked for. Up to the login that is
// kept in the record: whoever takes such a reply for the next command's is out of
// step from then on. With USER answered twice, curl 7.88 says "Access denied: 331"
// and Python's ftplib fails at TYPE; with PASS or the greeting doubled, curl takes
// the 229 for the reply to another command and ftplib fails too. lftp 4.9 reads what
// is there before each command, as we do.
func (c *control) noteUnasked(r evidence.Reply) error {
	c.rec.remark(c.s.ID, "nobody asked for this reply: %d", r.Code)
	c.rec.update(func() {
		if c.s.Unasked == nil && r.Code != 421 && (slices.Contains(upToLogin, c.s.After) || r.Code == 220 || r.Code == 230) {
			c.s.Unasked = &r
		}
	})
	if c.unasked++; c.unasked > inboxLimit {
		c.fail(errFlood)
		return errFlood
	}
	return nil
}
