// Command testsum reads what `go test -json` writes and shows what a person wants of it: each package's result, the whole
// output of what failed, and in the last line how many tests passed and failed. It ends with status 1 when any failed
// or none ran.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
)

func main() {
	s, err := summarise(os.Stdin, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "testsum:", err)
		s.failed++
	}
	fmt.Printf("%d passed, %d failed\n", s.passed, s.failed)
	if s.failed > 0 || s.passed == 0 {
		os.Exit(1)
	}
}

// event is a line of `go test -json`; see `go doc test2json`.
type event struct {
	Action      string
	Package     string
	ImportPath  string // of a build's output
	Test        string
	Elapsed     float64
	Output      string
	FailedBuild string
}

// maxOutput bounds what is kept of one test's output, in bytes; the end is worth more than the beginning.
const maxOutput = 64 << 10

type summary struct {
	passed, failed int
	out            io.Writer
	output         map[string]string // of a test that runs, of a package, or of a build
	failedIn       map[string]int    // tests failed, by package
}

func summarise(in io.Reader, out io.Writer) (*summary, error) {
	s := &summary{out: out, output: map[string]string{}, failedIn: map[string]int{}}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil || e.Action == "" {
			fmt.Fprintln(out, lines.Text()) // the go command's own words
			continue
		}
		s.take(e)
	}
	return s, lines.Err()
}

func (s *summary) take(e event) {
	key := e.Package + " " + e.Test
	switch e.Action {
	case "build-output":
		s.keep("build "+e.ImportPath, e.Output)
	case "output":
		s.keep(key, e.Output)
	case "pass", "skip":
		if e.Test == "" {
			s.packageDone(e)
		} else if e.Action == "pass" {
			s.passed++
		}
		delete(s.output, key)
	case "fail":
		if e.Test == "" {
			s.packageFailed(e)
		} else {
			s.failed++
			s.failedIn[e.Package]++
			s.show("FAIL "+e.Package+" "+e.Test, s.output[key])
		}
		delete(s.output, key)
	}
}

func (s *summary) keep(key, text string) {
	all := s.output[key] + text
	s.output[key] = all[max(0, len(all)-maxOutput):]
}

func (s *summary) packageDone(e event) {
	if e.Action == "pass" {
		fmt.Fprintf(s.out, "ok   %s %.1fs\n", e.Package, e.Elapsed)
	}
}

// packageFailed counts a failure of its own where no test of the package failed: it was not built, or it crashed. Then
// the tests that were running are shown too.
func (s *summary) packageFailed(e event) {
	if s.failedIn[e.Package] > 0 {
		fmt.Fprintf(s.out, "FAIL %s %.1fs\n", e.Package, e.Elapsed)
		return
	}
	s.failed++
	if e.FailedBuild != "" {
		s.show("FAIL "+e.Package+" (not built)", s.output["build "+e.FailedBuild])
		return
	}
	for key, text := range s.output {
		if strings.HasPrefix(key, e.Package+" ") && key != e.Package+" " {
			s.show("FAIL "+key+" (was running)", text)
			delete(s.output, key)
		}
	}
	s.show("FAIL "+e.Package, s.output[e.Package+" "])
}

// show prints what failed, without the lines that only say that something runs.
func (s *summary) show(title, text string) {
	fmt.Fprintln(s.out, title)
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "=== ") && strings.TrimSpace(line) != "" {
			fmt.Fprint(s.out, "    ", strings.TrimSuffix(line, "\n"), "\n")
		}
	}
}
