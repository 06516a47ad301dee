package main

import (
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	catalogue "kaskad/engine/words"
	"kaskad/nodes/demo"
)

// Config is what the commands are told by flags and the environment.
type Config struct {
	// Database is the PostgreSQL to use; empty means a private one under Data.
	Database Secret
	// Data is the folder for everything that we keep on disk.
	Data string
	// Listen is the address of the HTTP server, host:port.
	Listen string
	// Roles are what this process does, of "api" and "worker", without doubles.
	Roles []string
	// LogLevel is the lowest level that is logged, LogFormat "text" or "json".
	LogLevel  slog.Level
	LogFormat string
	// Workers is how many segments are worked on at once, 1 to 64.
	Workers int
	// AccountZone is the time zone of a new account.
	AccountZone *time.Location
	// OTLPEndpoint is where traces go; empty means nowhere.
	OTLPEndpoint string
	// BaseURL is what short links begin with, without a slash at the end; empty means the listening address.
	BaseURL string
	// OwnerEmail is the address of the first account's owner.
	OwnerEmail string
	// Proxies are the addresses and networks of reverse proxies in front of us.
	Proxies []string
	// MetricsToken lets scrapers on other machines read the metrics; empty means that only API tokens do.
	MetricsToken Secret
	// Args is what is neither a flag nor its value, in order.
	Args []string
}

// HasRole says whether this process does a job.
func (c Config) HasRole(role string) bool { return slices.Contains(c.Roles, role) }

// Secret is a value that is never shown: it prints, logs and encodes as a mark.
type Secret string

// Reveal is the value itself, for the one who needs it.
func (s Secret) Reveal() string { return string(s) }

// String is a mark that says only whether there is a value.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "(hidden)"
}

// GoString is String, for %#v.
func (s Secret) GoString() string { return s.String() }

// LogValue is String, for slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText is String, for JSON and its like.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil } //nolint:unparam // an interface wants the error

// setting is one thing that can be set. A command may have some of its own, whose set keeps the value where it likes.
type setting struct {
	env     string // variable; empty when there is only the flag
	flag    string // without the dashes
	value   string // default
	example string // what stands for the value in the help; empty for a switch, which takes none
	help    string // key of callTexts
	secret  bool   // the value is not shown, not even in an error
	set     func(c *Config, value string) error
}

// name is how messages call a setting.
func (s setting) name() string {
	if s.env == "" {
		return "--" + s.flag
	}
	return s.env + " (--" + s.flag + ")"
}

// settings is the list of all that every command understands, in the order of the help.
func settings(env func(string) string) []setting {
	return []setting{
		{
			env: "DATABASE_URL", flag: "database", example: "URL", secret: true, set: setDatabase,
			help: "flag.database",
		},
		{
			env: "KASKAD_DATA", flag: "data", example: "FOLDER", value: dataFolder(env), set: setData,
			help: "flag.data",
		},
		{
			env: "KASKAD_LISTEN", flag: "listen", example: "HOST:PORT", value: "127.0.0.1:8080", set: setListen,
			help: "flag.listen",
		},
		{
			env: "KASKAD_ROLES", flag: "roles", example: "LIST", value: "api,worker", set: setRoles,
			help: "flag.roles",
		},
		{
			env: "KASKAD_LOG_LEVEL", flag: "log-level", example: "LEVEL", value: "info", set: setLogLevel,
			help: "flag.log-level",
		},
		{
			env: "KASKAD_LOG_FORMAT", flag: "log-format", example: "FORMAT", value: "text", set: setLogFormat,
			help: "flag.log-format",
		},
		{
			env: "KASKAD_WORKERS", flag: "workers", example: "NUMBER", set: setWorkers,
			value: strconv.Itoa(min(runtime.NumCPU(), maxWorkers)), help: "flag.workers",
		},
		{
			env: "KASKAD_ACCOUNT_ZONE", flag: "account-zone", example: "ZONE", value: "Europe/Moscow", set: setAccountZone,
			help: "flag.account-zone",
		},
		{
			env: "OTEL_EXPORTER_OTLP_ENDPOINT", flag: "otlp-endpoint", example: "URL", set: setOTLPEndpoint,
			help: "flag.otlp-endpoint",
		},
		{
			env: "KASKAD_BASE_URL", flag: "base-url", example: "URL", set: setBaseURL,
			help: "flag.base-url",
		},
		{
			env: "KASKAD_OWNER_EMAIL", flag: "owner-email", example: "EMAIL", value: "owner@localhost", set: setOwnerEmail,
			help: "flag.owner-email",
		},
		{
			env: "KASKAD_PROXIES", flag: "proxies", example: "LIST", set: setProxies,
			help: "flag.proxies",
		},
		{
			env: "KASKAD_METRICS_TOKEN", flag: "metrics-token", example: "TEXT", secret: true, set: setMetricsToken,
			help: "flag.metrics-token",
		},
	}
}

// anyone is the environment of the help's reader.
func anyone(name string) string {
	if name == "HOME" {
		return "~"
	}
	return ""
}

// dataFolder is the usual place for a user's data, or a folder here when the user has no home.
func dataFolder(env func(string) string) string {
	if data := env("XDG_DATA_HOME"); filepath.IsAbs(data) {
		return filepath.Join(data, "kaskad")
	}
	if home := env("HOME"); home != "" {
		return filepath.Join(home, ".local", "share", "kaskad")
	}
	return ".kaskad"
}

// parseConfig reads the flags, the environment and the defaults, in this order of precedence, and returns every mistake
// that it finds, in the order of the arguments and then of the settings. More settings are a command's own.
func parseConfig(args []string, env func(string) string, more ...setting) (Config, []error) {
	all := append(settings(env), more...)
	given, rest, errs := readFlags(args, all)
	config := Config{Args: rest}
	for _, s := range all {
		value, ok := s.from(given, env)
		if !ok {
			value = s.value
		}
		if err := s.apply(&config, value, ok); err != nil {
			errs = append(errs, err)
		}
	}
	return config, errs
}

// from finds what a setting was given, by flag or by the environment.
func (s setting) from(given map[string]string, env func(string) string) (value string, ok bool) {
	if value, ok = given[s.flag]; ok || s.env == "" {
		return value, ok
	}
	value = env(s.env) // a variable that is set to nothing counts as not set
	return value, value != ""
}

// apply sets a value and names the setting, and the value unless it is secret, when it is wrong. What is empty by default
// stays so, but an empty value must not be given.
func (s setting) apply(config *Config, value string, given bool) error {
	if value == "" && !given {
		return nil
	}
	err := s.set(config, value)
	switch {
	case err == nil:
		return nil
	case s.secret:
		return fault("config.secret", "setting", s.name(), "cause", err)
	}
	return fault("config.value", "setting", s.name(), "value", value, "cause", err)
}

// readFlags tells flags from other arguments. Flags are --name VALUE or --name=VALUE, switches --name; after -- there are
// no flags. The last of several equal flags counts.
func readFlags(args []string, all []setting) (given map[string]string, rest []string, errs []error) {
	given = map[string]string{}
	for i := 0; i < len(args); i++ {
		text, isFlag := strings.CutPrefix(args[i], "--")
		switch {
		case args[i] == "--":
			return given, append(rest, args[i+1:]...), errs
		case !isFlag && len(args[i]) > 1 && args[i][0] == '-':
			// Only the name: what follows may be a secret.
			name, _, _ := strings.Cut(args[i], "=")
			errs = append(errs, fault("call.no_dashes", "name", name))
			continue
		case !isFlag:
			rest = append(rest, args[i])
			continue
		}
		name, value, hasValue := strings.Cut(text, "=")
		at := slices.IndexFunc(all, func(s setting) bool { return s.flag == name })
		switch {
		case at < 0:
			errs = append(errs, fault("call.no_flag", "name", name))
			continue
		case all[at].example == "" && hasValue:
			errs = append(errs, fault("call.no_value", "name", name))
		case all[at].example == "":
			value = "true"
		case !hasValue && (i+1 == len(args) || strings.HasPrefix(args[i+1], "--")):
			errs = append(errs, fault("call.value", "name", name, "example", exampleText(all[at].example)))
			continue
		case !hasValue:
			i++
			value = args[i]
		}
		given[name] = value
	}
	return given, rest, errs
}

// writeHelp lists the settings of all commands, with nothing of this machine in it.
func writeHelp(t terminal) error { return t.describe("help.settings", settings(anyone)) }

// exampleText is what stands for a value; a switch has none.
func exampleText(example string) catalogue.Message {
	if example == "" {
		return catalogue.Verbatim("")
	}
	return callText("example." + example)
}

// describe lists settings under a title of callTexts.
func (t terminal) describe(title string, list []setting) error {
	var text strings.Builder
	text.WriteString(t.say(title) + "\n")
	for _, s := range list {
		fmt.Fprintf(&text, "\n  %s\n      %s", strings.TrimSpace("--"+s.flag+" "+exampleText(s.example).In(t.lang)), t.say(s.help, "presets", demo.Presets()))
		if s.value != "" && s.example != "" {
			fmt.Fprintf(&text, " (%s)", t.say("help.default", "value", s.value))
		}
		if s.env != "" {
			fmt.Fprintf(&text, "\n      %s", t.say("help.environment", "name", s.env))
		}
		text.WriteByte('\n')
	}
	_, err := io.WriteString(t.out, text.String())
	return err
}
