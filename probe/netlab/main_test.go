//go:build linux

package netlab

import (
	"flag"
	"os"
	"testing"
)

// sideBySide is how many scenarios run at once where -parallel says nothing.
// They wait more than they work.
const sideBySide = "12"

func TestMain(m *testing.M) {
	if end := os.Getenv(childEnv); end != "" {
		os.Exit(endBadly(end))
	}
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given {
		if err := flag.Set("test.parallel", sideBySide); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}
