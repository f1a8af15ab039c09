package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/term"
)

// Where a password comes from is in the package comment. Every source is opened
// before anything is sent, so that a mistake in one shows at once.

const (
	passwordVariable = "FTPDIAG_PASSWORD"

	// No file of passwords is longer; a device or a video given by mistake is.
	maxFile = 1 << 20
)

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
	hint := "--password-file names a readable file that holds the password and nothing else"
	data, err := readFile(name)
	if err != nil {
		return "", usage(hint, "the password file %s cannot be read: %v", quotePath(name), err)
	}
	password := string(bytes.TrimSuffix(bytes.TrimSuffix(data, []byte("\n")), []byte("\r")))
	if password == "" {
		return "", usage(hint, "the password file %s is empty", quotePath(name))
	}
	return password, checkPassword("the password file "+quotePath(name), password)
}

// checkPassword refuses what would end the line that carries the password.
func checkPassword(source, password string) error {
	if strings.ContainsAny(password, "\r\n\x00") {
		return usage("a password is one line: give it with --password-file, without CR, LF or NUL inside",
			"the password of %s contains CR, LF or NUL", source)
	}
	return nil
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

// readFile reads a small file. Its error does not repeat the name.
func readFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, bare(err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if len(data) > maxFile {
		return nil, errors.New("it is longer than 1 MiB")
	}
	return data, bare(err)
}

// bare is an error without the name of the file.
func bare(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// quotePath writes the name of a file for a message.
func quotePath(name string) string {
	if strings.Contains(name, "@") {
		return quote(name) // a target in the wrong place
	}
	return fmt.Sprintf("%q", name)
}
