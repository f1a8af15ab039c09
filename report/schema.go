package report

import _ "embed"

//go:embed ftpdiag-1.schema.json
var schema []byte

// Schema is the JSON Schema (2020-12) of a line that [JSON] writes. Fields and
// open words may be added to ftpdiag/1; nothing that it requires goes away.
func Schema() []byte { return append([]byte(nil), schema...) }
