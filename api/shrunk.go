package api

import (
	"bytes"
	"compress/gzip"
	"regexp"
	"strings"
	"sync"
)

// shrunk keeps files in gzip's form. It is safe for use by many goroutines.
type shrunk struct {
	mu    sync.Mutex
	files map[string][]byte // nil: not worth it
}

// of gives a file in gzip's form, made when it is first asked for; nil where that is not smaller by a tenth, as pictures
// and fonts are not.
func (s *shrunk) of(place string, content []byte) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	small, known := s.files[place]
	if known {
		return small
	}
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // the level is right
	_, _ = w.Write(content)                               // a buffer takes everything
	_ = w.Close()
	if b.Len() <= len(content)-len(content)/10 {
		small = b.Bytes()
	}
	s.files[place] = small
	return small
}

// refusal is the weight of what a client does not want.
var refusal = regexp.MustCompile(`^\s*[qQ]\s*=\s*0(\.0*)?\s*$`)

// takesGzip reports whether a client reads gzip: RFC 9110, section 12.5.3.
func takesGzip(header string) bool {
	takes := false
	for part := range strings.SplitSeq(header, ",") {
		name, weight, _ := strings.Cut(part, ";")
		refused := refusal.MatchString(weight)
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "gzip":
			return !refused
		case "*":
			takes = !refused
		}
	}
	return takes
}
