package library

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"time"

	"kaskad/engine/fault"
)

// FileFormat is the newest format of a scheme's file that this build reads and the one that it writes.
const FileFormat = 1

// MaxFile bounds a scheme's file, in bytes.
const MaxFile = 8 << 20

// SchemeFile is a scheme as it is carried from one installation to another.
type SchemeFile struct {
	Format     int             `json:"kaskad_scheme" doc:"The format of the file, 1."`
	Name       string          `json:"name"`
	Version    int             `json:"version,omitempty" doc:"The number of the version that the file was made of; absent for a draft."`
	ExportedAt time.Time       `json:"exported_at"`
	Document   json.RawMessage `json:"document"`
	Tests      []FileTest      `json:"tests" nullable:"false"`
}

// FileTest is a test in a file.
type FileTest struct {
	Name     string          `json:"name"`
	Script   json.RawMessage `json:"script"`
	Expected json.RawMessage `json:"expected"`
}

// NewFile makes a file of a document and its tests.
func NewFile(d Drawing, version int, tests []SchemeTest, now time.Time) SchemeFile {
	f := SchemeFile{Format: FileFormat, Name: d.Name, Version: version, ExportedAt: now.UTC().Truncate(time.Second),
		Document: d.Document, Tests: make([]FileTest, len(tests))}
	for i := range tests {
		f.Tests[i] = FileTest{tests[i].Name, tests[i].Script, tests[i].Expected}
	}
	return f
}

// ReadFile reads a scheme's file, or a document alone. Ids stay as they are; the document may be half drawn, as a draft
// may. The error is a fault.
func ReadFile(data []byte) (Drawing, []NewTest, error) {
	text, err := bounded(data, "body", MaxFile)
	if err != nil {
		return Drawing{}, nil, err
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil || members == nil {
		return Drawing{}, nil, fault.New(fault.Invalid, "file_unknown", "body")
	}
	if _, marked := members["kaskad_scheme"]; !marked {
		if _, drawn := members["nodes"]; !drawn {
			return Drawing{}, nil, fault.New(fault.Invalid, "file_unknown", "body")
		}
		d, err := ReadDrawing(text, "body")
		return d, nil, err
	}
	return readMarked(text, members["kaskad_scheme"])
}

func readMarked(text []byte, mark json.RawMessage) (Drawing, []NewTest, error) {
	if string(mark) != strconv.Itoa(FileFormat) {
		return Drawing{}, nil, fault.New(fault.Invalid, "file_format", "body.kaskad_scheme", "known", FileFormat)
	}
	var f SchemeFile
	if err := strictly(text, &f); err != nil {
		return Drawing{}, nil, err
	}
	d, err := ReadDrawing(f.Document, "body.document")
	if err != nil {
		return d, nil, err
	}
	if len(f.Tests) > MaxTests {
		return d, nil, fault.New(fault.Invalid, "too_many_tests", "body.tests", "max", MaxTests)
	}
	tests := make([]NewTest, len(f.Tests))
	for i, t := range f.Tests {
		if tests[i], err = NewTest(t).Clean("body.tests[" + strconv.Itoa(i) + "]"); err != nil {
			return d, nil, err
		}
	}
	return d, tests, nil
}

// strictly decodes a file in which nothing unknown may be: it would be lost.
func strictly(text []byte, f *SchemeFile) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	err := d.Decode(f)
	if err == nil {
		if _, err = d.Token(); errors.Is(err, io.EOF) {
			return nil
		}
	}
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) && wrong.Field != "" {
		return fault.New(fault.Invalid, "file_field", "body."+wrong.Field)
	}
	return fault.New(fault.Invalid, "file_fields", "body")
}
