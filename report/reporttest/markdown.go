package reporttest

import (
	"bytes"
	"fmt"
	"html"
	"regexp"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	east "github.com/yuin/goldmark/extension/ast"
	mdtext "github.com/yuin/goldmark/text"
)

var gfm = goldmark.New(goldmark.WithExtensions(extension.GFM))

// Markdown is what there is in a report.
type Markdown struct{ Headings, Tables int }

// ReadMarkdown reads a report as GitHub does. It finds fault with a link, a picture,
// HTML and all else that no report of ours has, with a row that does not have the
// cells of its table, and with a block of code that does not end.
func ReadMarkdown(out string) (m Markdown, err error) {
	source := []byte(out)
	err = ast.Walk(gfm.Parser().Parse(mdtext.NewReader(source)), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n.(type) {
		case *ast.Heading:
			m.Headings++
		case *east.Table:
			m.Tables++
		}
		if err := foreignNode(n, source); err != nil {
			return ast.WalkStop, err
		}
		return ast.WalkContinue, nil
	})
	if err == nil {
		err = checkCells(out)
	}
	var page bytes.Buffer
	if err == nil {
		err = gfm.Convert(source, &page)
	}
	if err == nil && bytes.Contains(page.Bytes(), []byte("<!-- raw HTML omitted -->")) {
		err = fmt.Errorf("there is raw HTML")
	}
	return m, err
}

// foreignNode says what a node is that no report of ours has.
func foreignNode(n ast.Node, source []byte) error {
	switch x := n.(type) {
	case *ast.Link, *ast.AutoLink, *ast.Image, *ast.RawHTML, *ast.HTMLBlock, *ast.ThematicBreak, *ast.Blockquote, *east.TaskCheckBox, *east.Strikethrough:
		return fmt.Errorf("there is a %s", n.Kind())
	case *ast.List:
		if x.IsOrdered() || x.Marker != '-' {
			return fmt.Errorf("there is a list with %q", x.Marker)
		}
	case *ast.CodeBlock:
		return fmt.Errorf("there is an indented block of code")
	case *ast.Emphasis:
		if x.Level != 2 {
			return fmt.Errorf("there is emphasis")
		}
	case *ast.Text:
		if _, inCode := n.Parent().(*ast.CodeSpan); !inCode {
			if m := mention.FindString(html.UnescapeString(string(x.Segment.Value(source)))); m != "" {
				return fmt.Errorf("%q outside of code", m)
			}
		}
	}
	return nil
}

// mention is what a service makes a reference of in text that is not code.
var mention = regexp.MustCompile(`@[A-Za-z0-9]|(^|[^0-9A-Za-z&])[#!~%][0-9A-Za-z]+|:[a-z]+:|GH-[0-9]`)

// openingFence: a line with more backquotes behind it begins with a code span.
var openingFence = regexp.MustCompile("^(`{3,})[^`]*$")

// checkCells: each row has as many cells as the head of its table. A parser drops
// what is too much, so the lines are read as GFM §4.10 splits them.
func checkCells(out string) error {
	columns := 0
	inCode := ""
	for line := range strings.Lines(out) {
		line = strings.TrimSuffix(line, "\n")
		if inCode != "" && line == inCode {
			inCode = ""
			continue
		}
		if fence := openingFence.FindStringSubmatch(line); fence != nil && inCode == "" {
			inCode = fence[1]
			continue
		}
		if inCode != "" || !strings.HasPrefix(line, "| ") {
			columns = 0
			continue
		}
		bars := strings.Count(strings.ReplaceAll(line, `\|`, ""), "|")
		if columns == 0 {
			columns = bars
		}
		if bars != columns {
			return fmt.Errorf("%d bars instead of %d in %s", bars, columns, line)
		}
	}
	if inCode != "" {
		return fmt.Errorf("a block of code does not end")
	}
	return nil
}
