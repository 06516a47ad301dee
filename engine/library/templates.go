package library

import (
	"embed"
	"encoding/json"
	"fmt"

	"kaskad/engine/scheme"
)

// SchemeTemplate is a ready scheme to begin with, in one language.
type SchemeTemplate struct {
	ID          string      `json:"id" doc:"A name such as viber-sms."`
	Kind        scheme.Kind `json:"kind" enum:"cascade,routing"`
	Name        string      `json:"name"`
	Description string      `json:"description" doc:"What it does and for what it is good."`
	Blocks      []string    `json:"blocks" nullable:"false" doc:"The types of its blocks, in the order of the document."`
}

// TemplateDocument is a template with its document.
type TemplateDocument struct {
	SchemeTemplate
	Document json.RawMessage `json:"document"`
}

// templateIDs are the templates in the order in which they are shown.
var templateIDs = []string{"viber-voice-sms", "viber-sms"}

//go:embed templates/*.json
var templateFiles embed.FS

// Templates gives the ready schemes in a language, en or ru; another is en.
func Templates(language string) ([]TemplateDocument, error) {
	if language != "ru" {
		language = "en"
	}
	list := make([]TemplateDocument, len(templateIDs))
	for i, id := range templateIDs {
		t, err := readTemplate(id, language)
		if err != nil {
			return nil, fmt.Errorf("library: the template %s in %s: %w", id, language, err)
		}
		list[i] = t
	}
	return list, nil
}

func readTemplate(id, language string) (TemplateDocument, error) {
	var t TemplateDocument
	text, err := templateFiles.ReadFile("templates/" + id + "." + language + ".json")
	if err != nil {
		return t, err
	}
	if err := json.Unmarshal(text, &t); err != nil {
		return t, err
	}
	d, err := ReadDrawing(t.Document, "document")
	if err != nil {
		return t, err
	}
	var blocks struct{ Nodes []scheme.Node }
	if err := json.Unmarshal(d.Document, &blocks); err != nil {
		return t, err
	}
	t.ID, t.Kind, t.Name, t.Document = id, d.Kind, d.Name, d.Document
	for _, n := range blocks.Nodes {
		t.Blocks = append(t.Blocks, n.Type)
	}
	return t, nil
}
