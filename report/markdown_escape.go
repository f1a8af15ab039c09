package report

import (
	"regexp"
	"strings"
	"unicode"
)

// The rules of GitHub Flavored Markdown that matter where text comes from
// elsewhere: CommonMark 0.31 §2.4 (backslash escapes), §4.5 (fenced code), §6.1
// (code spans), and the extensions of GFM and of the services that show it: bare
// addresses become links, @name and #1 references.

// reference is a word that a service may turn into a link or a picture: an address,
// a mention, the number of an issue, a commit, an emoji.
var reference = regexp.MustCompile(`(?i)@|://|www\.|mailto:|[#!~%&$^][0-9a-z_]+|:[0-9_+-]*[a-z][0-9a-z_+-]*:|\bGH-\d|\b[0-9a-f]{7,40}\b`)

// prose writes text so that Markdown shows it as it is, on one line. Words that
// would become links are code.
func prose(text string) string {
	words := strings.FieldsFunc(text, unicode.IsSpace)
	for i, w := range words {
		if reference.MatchString(w) {
			words[i] = codeSpan(w)
		} else {
			words[i] = escape(w)
		}
	}
	out := strings.Join(words, " ")
	if out == "" {
		return out
	}
	return edge(text, strings.TrimLeftFunc) + out + edge(text, strings.TrimRightFunc)
}

// edge is the space that stands at one end of text, so that pieces can be put
// together.
func edge(text string, trim func(string, func(rune) bool) string) string {
	if trim(text, unicode.IsSpace) == text {
		return ""
	}
	return " "
}

// markup are the characters that mean something wherever they stand.
const markup = "\\`*_{}[]#!~$^@"

// entities are the characters that HTML or a table would act upon.
var entities = map[rune]string{'&': "&amp;", '<': "&lt;", '>': "&gt;", '|': "&#124;"}

// escape makes mere characters of what Markdown and HTML would act upon in a word,
// or at its beginning: there a list, a heading or a rule could begin.
func escape(word string) string {
	var b strings.Builder
	for i, r := range word {
		if entities[r] != "" {
			b.WriteString(entities[r])
			continue
		}
		if strings.ContainsRune(markup, r) || i == 0 && strings.ContainsRune("-+=", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return orderedList.ReplaceAllString(b.String(), `$1\$2`)
}

// orderedList is a word that could begin a list: "1." or "1)".
var orderedList = regexp.MustCompile(`^([0-9]{1,9})([.)])$`)

// codeSpan writes text as code inside a line. Its fence is longer than any run of
// backquotes in it.
func codeSpan(text string) string {
	text = strings.Join(strings.FieldsFunc(text, unicode.IsSpace), " ")
	if text == "" {
		return ""
	}
	mark := strings.Repeat("`", longestRun(text)+1)
	if strings.HasPrefix(text, "`") || strings.HasSuffix(text, "`") {
		text = " " + text + " "
	}
	return mark + text + mark
}

// fence writes text as a block of code.
func fence(text string) string {
	mark := strings.Repeat("`", max(longestRun(text)+1, 3))
	return mark + "text\n" + text + "\n" + mark
}

// longestRun is the length of the longest run of backquotes.
func longestRun(text string) int {
	longest, run := 0, 0
	for _, r := range text {
		if r != '`' {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	return longest
}

// tableRow is a row of a table. Where a bar stands in code, only a backslash keeps
// it from ending the cell (GFM §4.10).
func tableRow(cells ...string) string {
	for i, c := range cells {
		cells[i] = strings.ReplaceAll(c, "|", `\|`)
	}
	return "| " + strings.Join(cells, " | ") + " |"
}
