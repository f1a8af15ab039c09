package ftptest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"testing"

	"ftpdiag/probe/diagnose"
)

// codes are the codes that package diagnose lists in codes.go.
func codes(t *testing.T) []diagnose.Code {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../diagnose/codes.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var out []diagnose.Code
	ast.Inspect(file, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			if code, err := strconv.Unquote(lit.Value); err == nil {
				out = append(out, diagnose.Code(code))
			}
		}
		return true
	})
	if len(out) < 100 {
		t.Fatalf("only %d codes found", len(out))
	}
	return out
}
