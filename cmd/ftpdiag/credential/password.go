package credential

import (
	"bytes"
	"strings"
)

// Password is the one line of a file. Its error is a *Fault.
func Password(name string) (string, error) {
	data, err := read(PasswordPart, name)
	if err != nil {
		return "", err
	}
	password := string(bytes.TrimSuffix(bytes.TrimSuffix(data, []byte("\n")), []byte("\r")))
	if password == "" {
		return "", &Fault{Part: PasswordPart, Kind: Empty, Text: "is empty"}
	}
	if !OneLine(password) {
		return "", &Fault{Part: PasswordPart, Kind: NotOneLine, Text: "contains CR, LF or NUL"}
	}
	return password, nil
}

// OneLine tells whether nothing in the password ends the line that carries it.
func OneLine(password string) bool { return !strings.ContainsAny(password, "\r\n\x00") }
