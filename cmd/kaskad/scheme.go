package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"kaskad/engine"
	"kaskad/engine/audience"
	"kaskad/engine/expression"
	"kaskad/engine/scheme"
	"kaskad/engine/simulate"
	"kaskad/nodes"
)

// findings is what validate prints, and simulate for a scheme with errors.
type findings struct {
	Findings []scheme.Finding `json:"findings"`
}

func validate(_ context.Context, t terminal, args []string) int {
	if len(args) != 1 {
		return t.refuse("usage: kaskad validate SCHEME.json")
	}
	_, found, err := readScheme(args[0])
	if err != nil {
		return t.refuse("kaskad: %v", err)
	}
	return t.print(findings{found}, scheme.HasErrors(found))
}

func simulateScheme(_ context.Context, t terminal, args []string) int {
	if len(args) != 2 {
		return t.refuse("usage: kaskad simulate SCHEME.json SCRIPT.json")
	}
	checked, found, err := readScheme(args[0])
	if err != nil {
		return t.refuse("kaskad: %v", err)
	}
	script, err := readFile(args[1], maxScriptFile)
	if err != nil {
		return t.refuse("kaskad: %v", err)
	}
	if !json.Valid(script) {
		return t.refuse("kaskad: %s: not JSON", args[1])
	}
	if checked == nil {
		return t.print(findings{found}, true)
	}
	result, err := trial(checked, script)
	if err != nil {
		return t.refuse("kaskad: %s: %v", args[1], err)
	}
	return t.print(result, false)
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
		return nil, nil, fmt.Errorf("%s: %w", path, err)
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
		return nil, fmt.Errorf("the published scheme has an error now: %s %s", found[0].Code, found[0].Message)
	}
	return engine.Compile(checked)
}

// readFile reads at most limit bytes and one more, so that a larger file shows.
func readFile(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		var failed *os.PathError
		if errors.As(err, &failed) {
			return nil, fmt.Errorf("%s: %w", path, failed.Err)
		}
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, fmt.Errorf("%s: cannot be read: %w", path, err)
	}
	return data, nil
}

// print writes JSON; bad says that the answer is no.
func (t terminal) print(v any, bad bool) int {
	e := json.NewEncoder(t.out)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return t.refuse("kaskad: the answer could not be written: %v", err)
	}
	if bad {
		return exitNo
	}
	return exitOK
}
