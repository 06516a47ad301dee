package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"syscall"

	"kaskad/engine/audience"
	"kaskad/engine/store/private"
	catalogue "kaskad/engine/words"
)

// callTexts are the words of calls: help, flags and what is wrong with a call. Their blanks are those of the engine's
// catalogue, so that an error of one can stand inside an error of the other. They are read when the first is said.
var callTexts = sync.OnceValue(func() map[string]catalogue.Text {
	texts := map[string]catalogue.Text{}
	for _, l := range catalogue.Languages() {
		data, err := wordFiles.ReadFile("words/call." + string(l) + ".json")
		var one map[string]string
		if err == nil {
			err = json.Unmarshal(data, &one)
		}
		if err != nil {
			panic("the words of the command line are broken: " + err.Error()) // a test reads them
		}
		for key, text := range one {
			t := texts[key]
			if l == catalogue.Russian {
				t.RU = text
			} else {
				t.EN = text
			}
			texts[key] = t
		}
	}
	return texts
})

// callText makes a message of a key of callTexts; a key without a text is shown as it is.
func callText(key string, pairs ...any) catalogue.Message {
	text, ok := callTexts()[key]
	if !ok {
		return catalogue.Verbatim(key)
	}
	return text.With(pairs...)
}

// fault is an error in the words of callTexts, with pairs of a name and a value. As a Go error it is English.
func fault(key string, pairs ...any) error {
	for i := 1; i < len(pairs); i += 2 {
		if err, ok := pairs[i].(error); ok {
			pairs[i] = said{err}
		}
	}
	return &catalogue.Error{Message: callText(key, pairs...)}
}

// said is an error of any part of the program as people are told of it.
type said struct{ error }

// Unwrap gives the error itself.
func (s said) Unwrap() error { return s.error }

// Said implements catalogue.Sayer.
func (s said) Said() catalogue.Message {
	var file *audience.FileError
	var path *fs.PathError
	sayer, ok := s.error.(catalogue.Sayer)
	switch {
	case ok:
		return sayer.Said()
	case errors.As(s.error, &file):
		return catalogue.Text{EN: file.Message(audience.English), RU: file.Message(audience.Russian)}.With()
	case errors.Is(s.error, private.ErrNoBinaries):
		return callText("error.no_postgresql", "text", s.Error())
	case errors.As(s.error, &path):
		return callText("error.path", "path", path.Path, "cause", said{path.Err}, "text", s.Error())
	}
	for _, known := range systemErrors() {
		if errors.Is(s.error, known.err) {
			return callText(known.key, "text", s.Error())
		}
	}
	return callText("error.other", "text", s.Error())
}

type systemError struct {
	err error
	key string
}

// systemErrors are those of the system that a person can do something about. The others are shown as they are.
func systemErrors() []systemError {
	return []systemError{
		{fs.ErrNotExist, "error.not_exist"}, {fs.ErrPermission, "error.permission"}, {syscall.EISDIR, "error.folder"},
		{syscall.ENOTDIR, "error.no_folder"}, {syscall.ECONNREFUSED, "error.refused"}, {syscall.EADDRINUSE, "error.in_use"},
		{syscall.ENOSPC, "error.full"}, {context.Canceled, "error.stopped"}, {context.DeadlineExceeded, "error.late"},
	}
}

// say gives a text of callTexts in the caller's language.
func (t terminal) say(key string, pairs ...any) string { return callText(key, pairs...).In(t.lang) }

// explain gives an error in the caller's language, on one line.
func (t terminal) explain(err error) string {
	return strings.Join(strings.Fields(said{err}.Said().In(t.lang)), " ")
}

// refuse says in one line why a call cannot be taken.
func (t terminal) refuse(err error) int {
	fmt.Fprintf(t.err, "kaskad: %s\n", t.explain(err))
	return exitBadCall
}

// refuseUsage says how a command is called.
func (t terminal) refuseUsage(command string) int {
	fmt.Fprintln(t.err, t.say("usage", "usage", callText("usage."+command)))
	return exitBadCall
}

// languageOfCall finds the language before the call is understood, so that a mistake in it is told in the same.
func languageOfCall(args []string, env func(string) string) catalogue.Language {
	set := ""
	for i, a := range args {
		switch value, isLang := strings.CutPrefix(a, "--lang="); {
		case a == "--":
			return catalogue.Language(languageOf(set, env))
		case isLang:
			set = value
		case a == "--lang" && i+1 < len(args):
			set = args[i+1]
		}
	}
	return catalogue.Language(languageOf(set, env))
}

// languageOfFindings is the language of messages inside JSON: programs read it, so English unless Russian was asked
// for by the flag or by the environment.
func languageOfFindings(set string, env func(string) string) catalogue.Language {
	if said, ok := languageSaid(set, env); ok {
		return catalogue.Language(said)
	}
	return catalogue.English
}
