package sweep

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"unicode/utf8"
)

// Limits on a list. What is longer is no list of targets.
const (
	maxList = 512 << 20
	maxLine = 64 << 10
)

// Line is one target of a list.
type Line struct {
	Number  int    // from 1
	Target  string // as written, without quotes
	Options []Option
	Err     error // what is wrong with the line; nil: nothing
}

// Option is a word NAME=VALUE behind a target.
type Option struct{ Name, Value string }

// ReadList reads a list of targets, one a line: a target, and behind it words of
// the form NAME=VALUE, whose names are among those allowed and come once each.
// A # at the start of a word begins a comment; lines without a target are left
// out. Quotes, single or double, keep blanks in a word; in double quotes \" is a
// quote and \\ a backslash. Line ends are LF or CRLF, and a byte order mark at
// the start is skipped. The error is that of the reader, or that this is no list.
// A line that is wrong has its Err.
func ReadList(r io.Reader, allowed []string) (iter.Seq[Line], error) {
	data, err := io.ReadAll(io.LimitReader(r, maxList+1))
	switch {
	case err != nil:
		return nil, err
	case len(data) > maxList:
		return nil, fmt.Errorf("it is longer than %d MiB", maxList>>20)
	case bytes.HasPrefix(data, []byte{0xff, 0xfe}), bytes.HasPrefix(data, []byte{0xfe, 0xff}):
		return nil, errors.New("it is UTF-16: save it as UTF-8")
	}
	text := strings.TrimPrefix(string(data), "\ufeff")
	return func(yield func(Line) bool) {
		number := 0
		for line := range strings.Lines(text) {
			number++
			l := parseLine(strings.TrimRight(line, "\r\n"), allowed)
			l.Number = number
			if (l.Target != "" || l.Err != nil) && !yield(l) {
				return
			}
		}
	}, nil
}

// parseLine reads a line; without a target there is nothing in it.
func parseLine(line string, allowed []string) (l Line) {
	if len(line) > maxLine {
		return Line{Err: fmt.Errorf("it is longer than %d KiB", maxLine>>10)}
	}
	ws, err := words(line)
	if len(ws) == 0 || err != nil {
		return Line{Err: err}
	}
	l.Target = ws[0]
	if l.Target == "" {
		return Line{Err: errors.New("its target is empty")}
	}
	for _, w := range ws[1:] {
		if l.Err = l.option(w, allowed); l.Err != nil {
			return l
		}
	}
	return l
}

// option adds a word NAME=VALUE. Its error does not repeat the value: a password
// may be among the words.
func (l *Line) option(word string, allowed []string) error {
	name, value, ok := strings.Cut(word, "=")
	known := slices.Contains(allowed, name)
	again := slices.ContainsFunc(l.Options, func(o Option) bool { return o.Name == name })
	switch {
	case !ok:
		return fmt.Errorf("behind the target only words of the form NAME=VALUE may stand: %s", list(allowed))
	case !known:
		return fmt.Errorf("unknown option %q: %s", clip(name), list(allowed))
	case again:
		return fmt.Errorf("%s= comes twice", name)
	case value == "":
		return fmt.Errorf("%s= is empty", name)
	}
	l.Options = append(l.Options, Option{name, value})
	return nil
}

func list(names []string) string { return strings.Join(names, "=, ") + "=" }

// clip is what of a name is worth repeating.
func clip(name string) string {
	if len(name) > 20 {
		return strings.ToValidUTF8(name[:20], "") + "..."
	}
	return name
}

// words splits a line, up to a comment.
func words(line string) (ws []string, err error) {
	for {
		line = strings.TrimLeft(line, " \t")
		if line == "" || line[0] == '#' {
			return ws, nil
		}
		var w string
		if w, line, err = word(line); err != nil {
			return nil, err
		}
		ws = append(ws, w)
	}
}

var errOpenQuote = errors.New("a quote is not closed")

// word reads the first word of a line that begins with one.
func word(line string) (w, rest string, err error) {
	if i := strings.IndexAny(line, " \t\"'"); i < 0 {
		return line, "", nil
	} else if line[i] == ' ' || line[i] == '\t' {
		return line[:i], line[i:], nil
	}
	var b strings.Builder
	var quote byte // the one that is open; 0: none
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case quote == 0 && (c == ' ' || c == '\t'):
			return b.String(), line[i:], nil
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case quote != 0 && c == quote:
			quote = 0
		case quote == '"' && c == '\\' && i+1 < len(line) && (line[i+1] == '"' || line[i+1] == '\\'):
			i++
			b.WriteByte(line[i])
		default:
			b.WriteByte(c)
		}
	}
	if quote != 0 {
		return "", "", errOpenQuote
	}
	return b.String(), "", nil
}

// Quote writes a word so that a list gives it back.
func Quote(word string) string {
	plain := word != "" && word[0] != '#' && !strings.ContainsAny(word, " \t\"'") && utf8.ValidString(word)
	if plain {
		return word
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(word) + `"`
}
