package exporter

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"ftpdiag/probe/ftp"
)

// configError says what is wrong in which line of the configuration. It repeats
// keys, and never what may be a password in the wrong place.
type configError struct {
	line    int // 0: of no line
	message string
}

func (e *configError) Error() string {
	if e.line == 0 {
		return e.message
	}
	return fmt.Sprintf("line %d: %s", e.line, e.message)
}

func wrong(n *yaml.Node, format string, args ...any) error {
	return &configError{n.Line, fmt.Sprintf(format, args...)}
}

// document reads the one document of a YAML file.
func document(data []byte) (*yaml.Node, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var doc, next yaml.Node
	if err := decoder.Decode(&doc); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, &configError{0, "it is empty"}
		}
		return nil, &configError{0, strings.TrimPrefix(err.Error(), "yaml: ")}
	}
	if err := decoder.Decode(&next); !errors.Is(err, io.EOF) {
		return nil, wrong(&next, "there is more than one document")
	}
	return doc.Content[0], nil
}

// keys says how the value of each key is read.
type keys map[string]func(*yaml.Node) error

// mapping reads a mapping whose keys are known; what names it in messages.
func mapping(n *yaml.Node, what string, known keys) error {
	return pairs(n, what, func(key *yaml.Node, value *yaml.Node) error {
		read, ok := known[key.Value]
		if !ok {
			names := slices.Sorted(maps.Keys(known))
			return wrong(key, "unknown key %s in %s; its keys are %s", ftp.Visible(strconv.Quote(key.Value)), what, strings.Join(names, ", "))
		}
		return named(value, key.Value, read(value))
	})
}

// named puts the key before the message of an error that has no line yet.
func named(n *yaml.Node, key string, err error) error {
	var known *configError
	if err == nil || errors.As(err, &known) {
		return err
	}
	return wrong(n, "%s %v", key, err)
}

// pairs hands each key of a mapping and its value to visit. A merge key (<<)
// gives the keys of another mapping, which those beside it override.
func pairs(n *yaml.Node, what string, visit func(key, value *yaml.Node) error) error {
	return merged(n, what, visit, 0)
}

// mostMerges bounds how deep merge keys lead: a mapping can name itself.
const mostMerges = 10

func merged(n *yaml.Node, what string, visit func(key, value *yaml.Node) error, depth int) error {
	n = followed(n)
	if n.Kind != yaml.MappingNode || depth > mostMerges {
		return wrong(n, "%s is no mapping of keys to values", what)
	}
	seen := map[string]bool{}
	for i := 0; i < len(n.Content); i += 2 {
		key, value := n.Content[i], followed(n.Content[i+1])
		if seen[key.Value] {
			return wrong(key, "%s is given twice in %s", ftp.Visible(strconv.Quote(key.Value)), what)
		}
		seen[key.Value] = true
		if key.Tag == "!!merge" && i > 0 {
			return wrong(key, "<< comes before the keys that override it")
		}
		var err error
		if key.Tag == "!!merge" {
			err = merged(value, what, visit, depth+1)
		} else {
			err = visit(key, value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// followed is what an alias stands for.
func followed(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// The values of keys. What they return continues a sentence that begins with the
// key.

func scalar(to *string) func(*yaml.Node) error {
	return func(n *yaml.Node) error {
		switch {
		case n.Kind != yaml.ScalarNode || n.Tag == "!!null":
			return errors.New("is no text")
		case n.Value == "":
			return errors.New("is empty")
		case strings.ContainsAny(n.Value, "\r\n\x00"):
			return errors.New("contains CR, LF or NUL")
		}
		*to = n.Value
		return nil
	}
}

func word(to *string, choices ...string) func(*yaml.Node) error {
	return func(n *yaml.Node) error {
		value := n.Value
		if n.Kind == yaml.ScalarNode && n.Tag == "!!bool" && value == "false" {
			value = "off"
		}
		if n.Kind != yaml.ScalarNode || !slices.Contains(choices, value) {
			return fmt.Errorf("is none of %s", strings.Join(choices, ", "))
		}
		*to = value
		return nil
	}
}

func boolean(to *bool) func(*yaml.Node) error {
	return func(n *yaml.Node) error {
		if n.Kind != yaml.ScalarNode || n.Tag != "!!bool" || n.Decode(to) != nil {
			return errors.New("is neither true nor false")
		}
		return nil
	}
}

func number(to *int, low, high int) func(*yaml.Node) error {
	return func(n *yaml.Node) error {
		i, err := strconv.Atoi(n.Value)
		if n.Kind != yaml.ScalarNode || err != nil || i < low || i > high {
			return fmt.Errorf("is no number within %d and %d", low, high)
		}
		*to = i
		return nil
	}
}

func duration(to *time.Duration, low, high time.Duration) func(*yaml.Node) error {
	return func(n *yaml.Node) error {
		d, err := time.ParseDuration(n.Value)
		switch {
		case n.Kind != yaml.ScalarNode || err != nil:
			return errors.New("is no duration such as 5s or 500ms")
		case d < low || d > high:
			return fmt.Errorf("is not within %v and %v", low, high)
		}
		*to = d
		return nil
	}
}

// list reads a list, each of its words with one.
func list(one func(*yaml.Node) error) func(*yaml.Node) error {
	return func(n *yaml.Node) error {
		if n.Kind != yaml.SequenceNode {
			return errors.New("is no list")
		}
		if len(n.Content) == 0 {
			return errors.New("is an empty list")
		}
		for _, item := range n.Content {
			if err := one(followed(item)); err != nil {
				return named(item, "entry", err)
			}
		}
		return nil
	}
}
