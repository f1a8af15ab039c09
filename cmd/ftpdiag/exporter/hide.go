package exporter

import (
	"reflect"
	"regexp"
	"unicode/utf8"

	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/evidence"
	"ftpdiag/probe/ftp"
)

// trimmed is a copy of r without what no page and no metric shows, and without
// the user: the pages are for everybody who may see the metrics. The password is
// in no result.
func trimmed(r *diagnose.Result) *diagnose.Result {
	c := *r
	c.Transcript = nil
	if user := c.Target.User; user != "" && user != anonymous {
		c = hidden(reflect.ValueOf(c), whole(user)).Interface().(diagnose.Result)
	}
	return &c
}

// whole matches a word where it is no part of another: a user "bob" leaves
// "bobcat" as it is.
func whole(word string) *regexp.Regexp {
	pattern := regexp.QuoteMeta(word)
	if first, _ := utf8.DecodeRuneInString(word); isWord(first) {
		pattern = `\b` + pattern
	}
	if last, _ := utf8.DecodeLastRuneInString(word); isWord(last) {
		pattern += `\b`
	}
	return regexp.MustCompile(pattern)
}

// isWord tells what \b of a regexp takes for part of a word.
func isWord(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '_'
}

// freeText are the types of what people and servers wrote. Words of a list have
// types of their own.
var freeText = []reflect.Type{reflect.TypeFor[string](), reflect.TypeFor[evidence.Maybe]()}

// hidden is a copy of v with *** in place of each match in its texts.
func hidden(v reflect.Value, secret *regexp.Regexp) reflect.Value {
	c := reflect.New(v.Type()).Elem()
	c.Set(v)
	switch v.Kind() {
	case reflect.String:
		if v.Type() == freeText[0] || v.Type() == freeText[1] {
			c.SetString(secret.ReplaceAllString(v.String(), ftp.Redacted))
		}
	case reflect.Pointer:
		if !v.IsNil() {
			c.Set(reflect.New(v.Type().Elem()))
			c.Elem().Set(hidden(v.Elem(), secret))
		}
	case reflect.Slice:
		if v.IsNil() {
			break
		}
		c.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
		for i := range v.Len() {
			c.Index(i).Set(hidden(v.Index(i), secret))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				c.Field(i).Set(hidden(v.Field(i), secret))
			}
		}
	}
	return c
}
