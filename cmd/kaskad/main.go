// Command kaskad is the whole product in one program: it checks and tries schemes, runs campaigns, and serves.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"syscall"
	_ "time/tzdata" // zones also where the machine has none

	catalogue "kaskad/engine/words"
)

// Exit codes.
const (
	exitOK      = 0
	exitNo      = 1 // the answer is no: findings with an error, a campaign that did not finish
	exitBadCall = 2 // the call cannot be taken: one line on standard error says why
)

// briefMemory is when a brief command begins to collect what it no longer uses, in bytes.
const briefMemory = 128 << 20

// terminal is where a command reads and writes.
type terminal struct {
	in       io.Reader
	out, err io.Writer
	env      func(string) string
	lang     catalogue.Language
}

// command is one verb of the program; callTexts has how it is called (usage.<name>) and what it does (help.<name>).
type command struct {
	name  string
	brief bool // over before memory matters
	run   func(ctx context.Context, t terminal, args []string) int
}

func commands() []command {
	return []command{
		{"validate", true, validate},
		{"simulate", true, simulateScheme},
		{"run", false, runCampaign},
		{"trace", false, traceRecipient},
		{"unknown", false, listUnknown},
		{"serve", false, serve},
		{"migrate", false, migrateDatabase},
		{"user", false, userCommand},
		{"account", false, accountCommand},
		{"backup", false, backupCommand},
		{"restore", false, restoreCommand},
	}
}

func main() {
	if len(os.Args) > 1 && slices.ContainsFunc(commands(), func(c command) bool { return c.brief && c.name == os.Args[1] }) {
		debug.SetGCPercent(-1) // collecting would cost a quarter of the time; the limit is for hostile files
		debug.SetMemoryLimit(briefMemory)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := dispatch(ctx, terminal{in: os.Stdin, out: os.Stdout, err: os.Stderr, env: os.Getenv}, os.Args[1:])
	stop()
	os.Exit(code)
}

func dispatch(ctx context.Context, t terminal, args []string) int {
	t.lang = languageOfCall(args, t.env)
	if wantsHelp(args) {
		help(t)
		return exitOK
	}
	for _, c := range commands() {
		if c.name == args[0] {
			return c.run(ctx, t, args[1:])
		}
	}
	return t.refuse(fault("call.no_command", "name", args[0]))
}

// wantsHelp also finds --help behind a command, where many look for it first.
func wantsHelp(args []string) bool {
	if len(args) == 0 || args[0] == "help" || slices.Contains(args[:min(len(args), 2)], "-h") {
		return true
	}
	flags := args
	if end := slices.Index(args, "--"); end >= 0 {
		flags = args[:end]
	}
	return slices.Contains(flags, "--help")
}

func help(t terminal) {
	fmt.Fprintln(t.out, t.say("help"))
	fmt.Fprintf(t.out, "\n%s\n", t.say("help.commands"))
	for _, c := range commands() {
		fmt.Fprintf(t.out, "  %s\n      %s\n", t.say("usage."+c.name), t.say("help."+c.name))
	}
	fmt.Fprintln(t.out)
	l := &launch{}
	_ = writeHelp(t)
	_ = t.describe("help.of_run", l.flags())
	_ = t.describe("help.of_serve", []setting{demoSwitch(new(bool))})
	_ = t.describe("help.of_account", []setting{ownerFlag(new(string))})
	_ = t.describe("help.of_backup", []setting{(&backups{}).keyFlag()})
	_ = t.describe("help.of_restore", (&backups{}).restoreFlags())
	fmt.Fprintln(t.out, t.say("help.of_all"))
}
