package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"ftpdiag/cmd/ftpdiag/credential"
)

// Where a password comes from is in the package comment. Every source is opened
// before anything is sent, so that a mistake in one shows at once.

const passwordVariable = "FTPDIAG_PASSWORD"

// passwords gives each request of a named user its password.
func (a *app) passwords(ctx context.Context, o *options, requests []request) error {
	shared, err := sharedPassword(o.passwordFile)
	if err != nil {
		return err
	}
	owner, err := o.owner(shared, requests)
	if err != nil {
		return err
	}
	netrc, err := readNetrc(wantsNetrc(requests))
	if err != nil {
		return err
	}
	used := false
	for i := range requests {
		r := &requests[i]
		if r.bad != nil || !r.named() || r.hasPassword {
			continue
		}
		if shared != "" && r.target.User == owner {
			r.password, r.hasPassword, used = shared, true, true
			continue
		}
		if err := a.ownPassword(ctx, netrc, r); err != nil {
			return err
		}
	}
	if o.passwordFile != "" && !used {
		a.warn("--password-file is not used: no target needs it; --user names the user that it belongs to")
	}
	return nil
}

// wantsNetrc tells whether the netrc file may be needed.
func wantsNetrc(requests []request) bool {
	for _, r := range requests {
		if r.bad == nil && r.named() {
			return true
		}
	}
	return false
}

// sharedPassword is that of --password-file, else of the environment; "" where
// neither has one.
func sharedPassword(file string) (string, error) {
	if file != "" {
		return readPasswordFile(file)
	}
	password := os.Getenv(passwordVariable)
	return password, checkPassword(passwordVariable, password)
}

// readPasswordFile is the one line of the file.
func readPasswordFile(name string) (string, error) {
	password, err := credential.Password(name)
	var fault *credential.Fault
	switch {
	case !errors.As(err, &fault):
		return password, err
	case fault.Kind == credential.NotOneLine:
		return "", notOneLine("the password file " + quotePath(name))
	}
	return "", usage("--password-file names a readable file that holds the password and nothing else",
		"the password file %s %s", quotePath(name), fault.Text)
}

// checkPassword refuses what would end the line that carries the password.
func checkPassword(source, password string) error {
	if !credential.OneLine(password) {
		return notOneLine(source)
	}
	return nil
}

func notOneLine(source string) error {
	return usage("a password is one line: give it with --password-file, without CR, LF or NUL inside",
		"the password of %s contains CR, LF or NUL", source)
}

// owner is the user whom the shared password belongs to: the one of --user, or,
// without it, the only one that the URLs name.
func (o *options) owner(shared string, requests []request) (string, error) {
	if shared == "" || o.given("user") {
		return o.login(), nil
	}
	owner := ""
	for _, r := range requests {
		switch {
		case r.bad != nil || !r.named() || r.hasPassword || r.target.User == owner:
		case owner != "":
			return "", usage("--user names the user that the password belongs to",
				"one password, but the targets name more users than one")
		default:
			owner = r.target.User
		}
	}
	return owner, nil
}

// ownPassword finds the password of one request: in the netrc file, else by
// asking.
func (a *app) ownPassword(ctx context.Context, n *netrcFile, r *request) (err error) {
	t := r.target
	r.password, r.hasPassword, err = n.password(t.Host, t.User)
	if err != nil || r.hasPassword {
		return err
	}
	terminal, ok := isTerminal(a.stdin)
	if !ok {
		return usage("use --password-file FILE, or set "+passwordVariable+", or name host and user in ~/.netrc",
			"there is no password for user %s at %s", quote(t.User), t.Host)
	}
	r.password, err = a.prompt(ctx, terminal, t.User, t.Host)
	r.hasPassword = true
	if err != nil {
		return err
	}
	return checkPassword("the prompt", r.password)
}

// prompt asks on the terminal, without echo. An interrupt leaves the terminal as
// it was.
func (a *app) prompt(ctx context.Context, terminal *os.File, user, host string) (string, error) {
	fd := int(terminal.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return "", fmt.Errorf("the terminal cannot be used to ask for a password: %w", err)
	}
	fmt.Fprintf(a.stderr, "Password of %s at %s: ", quote(user), host)
	defer fmt.Fprintln(a.stderr)
	type answer struct {
		password []byte
		err      error
	}
	answered := make(chan answer, 1)
	go func() {
		password, err := term.ReadPassword(fd)
		answered <- answer{password, err}
	}()
	select {
	case <-ctx.Done():
		_ = term.Restore(fd, before) // all that is left to do with it
		return "", errInterrupted
	case got := <-answered:
		if errors.Is(got.err, io.EOF) {
			return "", usage("use --password-file FILE, or --user anonymous", "no password was given")
		}
		return string(got.password), got.err
	}
}

func fileIsTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// bare is an error without the name of the file.
func bare(err error) error { return credential.Bare(err) }

// quotePath writes the name of a file for a message.
func quotePath(name string) string {
	if strings.Contains(name, "@") {
		return quote(name) // a target in the wrong place
	}
	return fmt.Sprintf("%q", name)
}
