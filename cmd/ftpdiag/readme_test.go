package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"
)

// The first thing that the README shows is what the program says, but for the
// numbers that differ from run to run.
func TestReadmeSession(t *testing.T) {
	home(t)
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(string(readme), "\r\n", "\n")
	_, after, _ := strings.Cut(text, "    $ ftpdiag demo passive-private-address\n")
	session, _, found := strings.Cut(after, "\n## ")
	if !found {
		t.Fatal("no session in the README")
	}
	var stdout bytes.Buffer
	if code := run(context.Background(), []string{"demo", "passive-private-address"}, strings.NewReader(""), &stdout, &stdout); code != 0 {
		t.Errorf("exit %d", code)
	}
	numbers := strings.NewReplacer(version(), "VERSION")
	differ := regexp.MustCompile(`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d|[\d.]+ m?s\b|,\d+,\d+\)|:\d{4,5}\b`)
	same := func(s string) []string {
		return strings.Split(strings.TrimSpace(differ.ReplaceAllString(numbers.Replace(s), "N")), "\n")
	}
	got, want := same(stdout.String()), same(session)
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != strings.TrimPrefix(want[i], "    ") {
			t.Fatalf("line %d of %d differs from the README, which has %d lines:\n%s", i+1, len(got), len(want), stdout.String())
		}
	}
}

// What the README shows of the other formats is what the program says, but for the
// numbers; "..." stands for the rest.
func TestReadmeFormats(t *testing.T) {
	home(t)
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(string(readme), "\r\n", "\n")
	shown := regexp.MustCompile(`(?m)^    \$ ftpdiag (demo \S+ -f \S+)\n((?:    .*\n|\n)*?)    \.\.\.\n`).FindAllStringSubmatch(text, -1)
	if len(shown) != 4 {
		t.Fatalf("%d sessions in the README", len(shown))
	}
	numbers := regexp.MustCompile(`\d+(\.\d+)?(e-?\d+)?`)
	for _, s := range shown {
		var stdout bytes.Buffer
		run(context.Background(), strings.Fields(s[1]), strings.NewReader(""), &stdout, io.Discard)
		got := strings.Split(numbers.ReplaceAllString(stdout.String(), "N"), "\n")
		for i, line := range strings.Split(strings.TrimSuffix(s[2], "\n"), "\n") {
			want := numbers.ReplaceAllString(strings.TrimPrefix(line, "    "), "N")
			if i >= len(got) || got[i] != want {
				t.Errorf("%s: line %d is not %q in\n%s", s[1], i+1, want, &stdout)
				break
			}
		}
	}
}
