// Command kaskad is the whole product in one program: it checks and tries schemes, runs campaigns, and serves.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // zones also where the machine has none
)

// Exit codes.
const (
	exitOK      = 0
	exitNo      = 1 // the answer is no: findings with an error, a campaign that did not finish
	exitBadCall = 2 // the call cannot be taken: one line on standard error says why
)

// terminal is where a command reads and writes.
type terminal struct {
	in       io.Reader
	out, err io.Writer
	env      func(string) string
}

// command is one verb of the program.
type command struct {
	name  string
	usage string
	help  string
	run   func(ctx context.Context, t terminal, args []string) int
}

func commands() []command {
	return []command{
		{"validate", "kaskad validate SCHEME.json", "check a scheme and print what is found", validate},
		{"simulate", "kaskad simulate SCHEME.json SCRIPT.json", "walk one recipient or dialog through a scheme on a virtual clock", simulateScheme},
		{"run", "kaskad run [flags] SCHEME.json CONTACTS.csv", "run a whole campaign through the demo channel", runCampaign},
		{"trace", "kaskad trace [flags] CAMPAIGN PHONE", "tell one recipient's walk in words", traceRecipient},
		{"unknown", "kaskad unknown [flags]", "list what providers reported of messages that nobody knows", listUnknown},
		{"serve", "kaskad serve [flags]", "run the workers and serve the status page, health and metrics", serve},
		{"migrate", "kaskad migrate [flags]", "bring the database up to date and exit", migrateDatabase},
	}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := dispatch(ctx, terminal{os.Stdin, os.Stdout, os.Stderr, os.Getenv}, os.Args[1:])
	stop()
	os.Exit(code)
}

func dispatch(ctx context.Context, t terminal, args []string) int {
	if len(args) == 0 || args[0] == "help" || args[0] == "--help" || args[0] == "-h" {
		help(t.out)
		return exitOK
	}
	for _, c := range commands() {
		if c.name == args[0] {
			return c.run(ctx, t, args[1:])
		}
	}
	return t.refuse("kaskad: no command %q; see kaskad help", args[0])
}

// refuse says in one line why a call cannot be taken.
func (t terminal) refuse(format string, args ...any) int {
	fmt.Fprintf(t.err, format+"\n", args...)
	return exitBadCall
}

func help(w io.Writer) {
	fmt.Fprintln(w, "Kaskad runs cascade messaging campaigns: schemes of channel blocks, walked by every recipient at its own hours.")
	fmt.Fprintln(w, "\nCommands:")
	for _, c := range commands() {
		fmt.Fprintf(w, "  %-42s %s\n", c.usage, c.help)
	}
	fmt.Fprintln(w)
	l := &launch{}
	_ = writeHelp(w)
	_ = describe(w, "\nOf kaskad run:", l.flags())
	_ = describe(w, "\nOf kaskad serve, besides --profile, --seed, --hurry and --lang of run:", []setting{demoSwitch(new(bool))})
}
