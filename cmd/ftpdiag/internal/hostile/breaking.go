package hostile

import "strings"

// breaking are texts that want to be something else in one of the formats: an end
// of the string, a tag, a bar, a label, a link. None has a line end.
var breaking = []struct{ name, text string }{
	{"quotes", `"'` + "`" + `"},"status":"ok","x":{"`},
	{"backslashes", `\ \\ \" \n \u0000 \x1b`},
	{"CDATA", `]]> <![CDATA[ ]]]]><![CDATA[>`},
	{"tags", `<script>alert(1)</script></system-out></testsuite><img src=x onerror=alert(1)>`},
	{"entities", `&lt;b&gt; &#60;b&#62; &#x1b; &nosuch; &`},
	{"doctype", `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>&a;`},
	{"bars", `ok | 'connect'=9s;1;2 | x | a=1`},
	{"performance data", `'label'=1;2;3;4;5 it''s=U`},
	{"fences", "``` ~~~ ```` `code` ``|``"},
	{"links", `[x](https://evil.example) ![x](http://evil.example/p) https://evil.example www.evil.example <https://evil.example> a@evil.example`},
	{"markdown", `# h **b** _i_ ~~s~~ - [ ] t > q | a | b | --- @somebody #1 :tada: $x$`},
	{"metrics", `# HELP ftpdiag_up x # TYPE ftpdiag_up counter ftpdiag_up{target="x"} 1`},
	{"labels", `x"} 1 y{z="`},
	{"percent", `%00 %s %n %0d%0a %!s(MISSING) %d%d%d%d`},
	{"line separators", "a\u2028b\u2029c\x85d\x0be\x0cf"},
	{"long Unicode", strings.Repeat("\U0001f9d1\u200d\U0001f680e\u0301\u0301\u0301", 500)},
	{"wide", strings.Repeat("\u4e2d\u6587", 300)},
	{"no characters", "\ufffe\uffff\ufdd0\U0001ffff\xed\xa0\x80\xc0\x80\xf4\x90\x80\x80\xf8"},
	{"directions", "\u202e\u2066gpj.exe\u2069\u200f\u061c\u200b\ufeff\u00ad"},
	{"escapes", "\x1b[31m\x1b]8;;http://evil.example\x07x\x1b]8;;\x07\x9b2J\x90q\x9c"},
}

// injected is a reply of several lines, in which each would be a line of its own in
// some format.
const injected = "\r\n# HELP x y\r\nx 1\r\n\r\n# heading\r\n```\r\n| a | b |\r\n|---|---|\r\n<b>\r\n]]>\r\n | 'x'=1\r\nFTPDIAG OK - fine\r\n{\"schema\":\"ftpdiag/1\"}\r\n- item\r\n> quote\r\n"

// broken are the ways to bring such a text in: each at its step.
var broken = []struct {
	step Step
	name string
	say  func(code, text, evil string) string
}{
	{Greeting, "said", keep},
	{"FEAT", "said", func(_, _, evil string) string { return "211-x\r\n " + evil + "\r\n EPSV\r\n211 End\r\n" }},
	{"PASS", "refused", refuse("530")},
	{"EPSV", "refused", refuse("500")},
	{Completion, "said", keep},
}

func keep(code, text, evil string) string { return code + " " + evil + " " + text + "\r\n" }

func refuse(with string) func(code, text, evil string) string {
	return func(_, _, evil string) string { return with + " " + evil + "\r\n" }
}
