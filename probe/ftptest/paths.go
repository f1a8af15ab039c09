package ftptest

import (
	"fmt"
	"path"
	"strconv"
	"strings"
)

// resolve makes a path of the tree of what a client wrote.
func (ss *session) resolve(arg string) string {
	return strings.TrimPrefix(path.Join("/", ss.relative(arg)), "/")
}

func (ss *session) relative(arg string) string {
	if strings.HasPrefix(arg, "/") {
		return arg
	}
	return path.Join(ss.cwd, arg)
}

func (ss *session) pwdCommand(string) bool {
	quoted := strings.ReplaceAll("/"+ss.cwd, `"`, `""`)
	return ss.say(fmt.Sprintf("257 \"%s\" is the current directory", quoted))
}

func (ss *session) cwdCommand(arg string) bool {
	to := ss.resolve(arg)
	if _, ok := ss.srv.files.list(to); !ok {
		return ss.say("550 No such directory.")
	}
	ss.cwd = to
	return ss.say("250 Directory changed.")
}

func (ss *session) cdupCommand(string) bool { return ss.cwdCommand("..") }

func (ss *session) sizeCommand(arg string) bool {
	content, ok := ss.srv.files.get(ss.resolve(arg))
	if !ok {
		return ss.say("550 No such file.")
	}
	return ss.say(fmt.Sprintf("213 %d", len(content)))
}

func (ss *session) deleCommand(arg string) bool {
	if !ss.srv.files.remove(ss.resolve(arg)) {
		return ss.say("550 No such file.")
	}
	return ss.say("250 Deleted.")
}

func (ss *session) restCommand(arg string) bool {
	n, err := strconv.ParseInt(arg, 10, 64)
	if err != nil || n < 0 {
		return ss.say("501 Bad offset.")
	}
	ss.rest = n
	return ss.say(fmt.Sprintf("350 Restart position accepted (%d).", n))
}
