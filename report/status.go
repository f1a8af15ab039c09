package report

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
	"golang.org/x/term"

	"ftpdiag/probe/ftp"
)

// Status is a single line that says what a run waits for, written again and
// again in the same place. It is for a terminal; anywhere else it writes
// nothing. Several goroutines may use it at once.
type Status struct {
	mu    sync.Mutex
	w     io.Writer // nil: not a terminal
	shown int       // columns that the line takes now
}

// NewStatus makes a Status that writes to w if that is a terminal.
func NewStatus(w io.Writer, isTerminal bool) *Status {
	if !isTerminal {
		return &Status{}
	}
	return &Status{w: w}
}

// Set shows text, as much of it as the line holds.
func (s *Status) Set(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.w == nil {
		return
	}
	// One column stays free: a full line would make some terminals scroll.
	s.write(ansi.Truncate(oneLine(ftp.Visible(text)), columns(s.w)-1, "..."))
}

// Clear takes the line away, before anything else is written.
func (s *Status) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.w == nil || s.shown == 0 {
		return
	}
	s.write("")
	fmt.Fprint(s.w, "\r")
}

// write puts a line over the last one. It covers the rest with spaces and not
// with an escape sequence, which an old Windows console would print.
func (s *Status) write(line string) {
	width := lipgloss.Width(line)
	fmt.Fprint(s.w, "\r"+line+strings.Repeat(" ", max(s.shown-width, 0)))
	s.shown = width
}

// columns is the width of a terminal, asked each time: windows are resized.
func columns(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 1 {
			return width
		}
	}
	return defaultWidth
}
