package ftp

import "strings"

// CodeOf is the code of a reply line, 0 where there is none.
func CodeOf(line string) int {
	if len(line) < 3 || !IsDigit(line[0]) || !IsDigit(line[1]) || !IsDigit(line[2]) {
		return 0
	}
	if len(line) > 3 && line[3] != ' ' && line[3] != '-' {
		return 0
	}
	return int(line[0]-'0')*100 + int(line[1]-'0')*10 + int(line[2]-'0')
}

// IsDigit tells whether b is one of 0 to 9.
func IsDigit(b byte) bool { return '0' <= b && b <= '9' }

// EndsReply tells whether line is the last of the reply that first began.
func EndsReply(first, line string) bool {
	if len(first) < 4 || first[3] != '-' {
		return true
	}
	return len(line) >= 3 && line[:3] == first[:3] && (len(line) == 3 || line[3] == ' ')
}

// TextOf joins the lines of a reply without their codes.
func TextOf(lines []string) string {
	code := lines[0][:3]
	out := make([]string, len(lines))
	for i, line := range lines {
		if strings.HasPrefix(line, code) && len(line) > 3 && (line[3] == ' ' || line[3] == '-') {
			line = line[4:]
		} else if line == code {
			line = ""
		}
		out[i] = line
	}
	return strings.Join(out, "\n")
}

// FirstLine is s up to its first line end.
func FirstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return strings.TrimRight(line, "\r")
}
