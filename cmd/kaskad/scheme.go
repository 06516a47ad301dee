package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"

	"kaskad/engine"
	"kaskad/engine/audience"
	"kaskad/engine/expression"
	"kaskad/engine/scheme"
	"kaskad/engine/simulate"
	catalogue "kaskad/engine/words"
	"kaskad/nodes"
)

// findings is what validate prints, and simulate for a scheme with errors.
type findings struct {
	Findings []scheme.Finding `json:"findings"`
}

func validate(_ context.Context, t terminal, args []string) int {
	files, in, ok := t.files(args)
	if !ok {
		return exitBadCall
	}
	if len(files) != 1 {
		return t.refuseUsage("validate")
	}
	_, found, err := readScheme(files[0])
	if err != nil {
		return t.refuse(err)
	}
	return t.print(findings{scheme.In(in, found)}, scheme.HasErrors(found))
}

func simulateScheme(_ context.Context, t terminal, args []string) int {
	files, in, ok := t.files(args)
	if !ok {
		return exitBadCall
	}
	if len(files) != 2 {
		return t.refuseUsage("simulate")
	}
	checked, found, err := readScheme(files[0])
	if err != nil {
		return t.refuse(err)
	}
	script, err := readFile(files[1], maxScriptFile)
	if err != nil {
		return t.refuse(err)
	}
	if !json.Valid(script) {
		return t.refuse(fault("file.not_json", "path", files[1]))
	}
	if checked == nil {
		return t.print(findings{scheme.In(in, found)}, true)
	}
	result, err := trial(checked, script)
	if err != nil {
		return t.refuse(fault("file.wrong", "path", files[1], "cause", err))
	}
	return t.print(result, false)
}

// files reads the arguments of a command that has only files and the language of what it finds.
func (t terminal) files(args []string) (files []string, in catalogue.Language, ok bool) {
	l := &launch{}
	list := l.pick("lang")
	given, files, errs := readFlags(args, list)
	for _, s := range list {
		if value, is := s.from(given, t.env); is {
			if err := s.apply(&Config{}, value, true); err != nil {
				errs = append(errs, err)
			}
		}
	}
	for _, err := range errs {
		t.refuse(err)
	}
	return files, languageOfFindings(l.language, t.env), len(errs) == 0
}

func trial(checked *scheme.Checked, script []byte) (any, error) {
	program, err := engine.Compile(checked)
	if err != nil {
		return nil, err
	}
	zones := audience.NewZones(nil)
	zoneOf := func(phone string) string {
		zone, _ := zones.OfPhone(phone)
		return zone
	}
	if program.Kind == scheme.Routing {
		return simulate.Routing(program, script, zoneOf)
	}
	return simulate.Cascade(program, script, zoneOf)
}

// maxScriptFile bounds what is read into memory; the simulator's own bound is lower and says so.
const maxScriptFile = 16 << 20

// readScheme reads and checks a scheme; checked is nil where findings has an error.
func readScheme(path string) (*scheme.Checked, []scheme.Finding, error) {
	data, err := readFile(path, 2*scheme.MaxBytes)
	if err != nil {
		return nil, nil, err
	}
	source, err := scheme.Parse(data)
	if err != nil {
		return nil, nil, fault("file.wrong", "path", path, "cause", err)
	}
	checked, found := source.Check(nodes.All(), expression.New())
	if found == nil {
		found = []scheme.Finding{}
	}
	return checked, found, nil
}

// compileScheme makes a program of a published document.
func compileScheme(document []byte) (*engine.Program, error) {
	checked, found := scheme.Check(document, nodes.All(), expression.New())
	if checked == nil {
		return nil, fault("scheme.published", "code", string(found[0].Code), "message", found[0].Text)
	}
	return engine.Compile(checked)
}

// readFile reads at most limit bytes and one more, so that a larger file shows.
func readFile(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		var failed *os.PathError
		if errors.As(err, &failed) {
			return nil, fault("file.wrong", "path", path, "cause", failed.Err)
		}
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, fault("file.unreadable", "path", path, "cause", err)
	}
	return data, nil
}

// print writes JSON; bad says that the answer is no.
func (t terminal) print(v any, bad bool) int {
	e := json.NewEncoder(t.out)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return t.refuse(fault("call.no_answer", "cause", err))
	}
	if bad {
		return exitNo
	}
	return exitOK
}
