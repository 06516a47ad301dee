package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	catalogue "kaskad/engine/words"
)

// variables is an environment.
func variables(pairs ...string) func(string) string {
	values := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		values[pairs[i]] = pairs[i+1]
	}
	return func(name string) string { return values[name] }
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	config, errs := parseConfig(nil, variables("HOME", "/home/ivan"))
	require.Empty(t, errs)
	require.Empty(t, config.Database)
	require.Equal(t, "/home/ivan/.local/share/kaskad", config.Data)
	require.Equal(t, "127.0.0.1:8080", config.Listen)
	require.Equal(t, []string{"api", "worker"}, config.Roles)
	require.True(t, config.HasRole("worker"))
	require.Equal(t, slog.LevelInfo, config.LogLevel)
	require.Equal(t, "text", config.LogFormat)
	require.Positive(t, config.Workers)
	require.Equal(t, "Europe/Moscow", config.AccountZone.String())
	require.Empty(t, config.OTLPEndpoint)
	require.Empty(t, config.BaseURL)
	require.Empty(t, config.Args)
}

func TestWhatLinksBeginWith(t *testing.T) {
	t.Parallel()
	for listen, want := range map[string]string{
		"127.0.0.1:8080":    "http://127.0.0.1:8080",
		":8080":             "http://localhost:8080",
		"0.0.0.0:80":        "http://localhost:80",
		"[::]:80":           "http://localhost:80",
		"[::1]:80":          "http://[::1]:80",
		"shop.example:8080": "http://shop.example:8080",
	} {
		require.Equal(t, want, baseURL(Config{}, listen))
		require.Equal(t, "https://s.example", baseURL(Config{BaseURL: "https://s.example"}, listen))
	}
	taken := &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 41234}
	for setting, want := range map[string]string{"shop.example:0": "shop.example:41234", ":0": ":41234", "[::1]:0": "[::1]:41234"} {
		require.Equal(t, want, listening(setting, taken))
	}
}

func TestTheDataFolder(t *testing.T) {
	t.Parallel()
	require.Equal(t, "/x/kaskad", dataFolder(variables("HOME", "/home/ivan", "XDG_DATA_HOME", "/x")))
	require.Equal(t, ".kaskad", dataFolder(variables("XDG_DATA_HOME", "not/absolute")))
}

func TestFlagsWinOverTheEnvironmentAndThatOverDefaults(t *testing.T) {
	t.Parallel()
	env := variables("KASKAD_LISTEN", ":1", "KASKAD_WORKERS", "3", "KASKAD_LOG_FORMAT", "", "DATABASE_URL", "postgres://a/b",
		"OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318", "KASKAD_BASE_URL", "https://k.example/go/")
	config, errs := parseConfig([]string{"a.json", "--listen=:2", "--roles", "worker, worker", "b.csv", "--workers", "4",
		"--workers", "5", "--", "--data"}, env)
	require.Empty(t, errs)
	require.Equal(t, ":2", config.Listen)
	require.Equal(t, 5, config.Workers)
	require.Equal(t, "text", config.LogFormat, "a variable set to nothing is not set")
	require.Equal(t, []string{"worker"}, config.Roles)
	require.False(t, config.HasRole("api"))
	require.Equal(t, "postgres://a/b", config.Database.Reveal())
	require.Equal(t, "http://collector:4318", config.OTLPEndpoint)
	require.Equal(t, "https://k.example/go", config.BaseURL)
	require.Equal(t, []string{"a.json", "b.csv", "--data"}, config.Args)
}

func TestEveryMistakeIsNamed(t *testing.T) {
	t.Parallel()
	env := variables("KASKAD_WORKERS", "65", "KASKAD_ACCOUNT_ZONE", "Local", "DATABASE_URL", "mysql://root:hush@host/db")
	_, errs := parseConfig([]string{"--listen", "8080", "--roles=api,cook", "--log-level=loud", "--log-format=xml", "--no-such=hush",
		"--base-url", "k.example", "--otlp-endpoint=ftp://x", "--data=", "-v=hush", "--listen"}, env)
	text := fmt.Sprint(errs)
	require.Len(t, errs, 13, text)
	for _, want := range []string{
		`KASKAD_LISTEN (--listen) is "8080"`, `"cook" is not a role`, `KASKAD_LOG_LEVEL (--log-level) is "loud": give debug`,
		`KASKAD_LOG_FORMAT (--log-format) is "xml"`, "there is no flag --no-such", "KASKAD_BASE_URL", "OTEL_EXPORTER_OTLP_ENDPOINT",
		`KASKAD_DATA (--data) is "": give a folder`, "-v is not a flag", "--listen needs a value: HOST:PORT", `KASKAD_WORKERS (--workers) is "65": give a number from 1 to 64`,
		`KASKAD_ACCOUNT_ZONE (--account-zone) is "Local"`, "DATABASE_URL (--database): give postgres://",
	} {
		require.Contains(t, text, want)
	}
	require.NotContains(t, text, "hush")
}

func TestValues(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		flag, value string
		ok          bool
	}{
		{"database", "postgres://user:pass@host:5432/db?sslmode=disable", true},
		{"database", "postgresql:///db?host=/run/postgresql", true},
		{"database", "postgres://user:pa%ss@host/db", false},
		{"database", "postgres://host:99999/db", false},
		{"database", "postgres:///db", false},
		{"database", "host=x", false},
		{"listen", ":0", true}, {"listen", "[::1]:8080", true}, {"listen", "localhost:http", false}, {"listen", ":70000", false},
		{"roles", "", false}, {"roles", "api,", false}, {"roles", "worker", true},
		{"log-level", "WARN", true},
		{"workers", "1", true}, {"workers", "64", true}, {"workers", "0", false}, {"workers", "two", false},
		{"account-zone", "Asia/Vladivostok", true}, {"account-zone", "Moscow", false}, {"account-zone", "../etc/passwd", false},
		{"base-url", "https://k.example/a?b", false}, {"base-url", "https://u:p@k.example", false}, {"base-url", "http://", false},
		{"otlp-endpoint", "https://collector/v1", true},
	} {
		_, errs := parseConfig([]string{"--" + c.flag + "=" + c.value}, variables())
		if c.ok {
			require.Empty(t, errs, c)
		} else {
			require.Len(t, errs, 1, c)
		}
	}
}

func TestACommandsOwnSettings(t *testing.T) {
	t.Parallel()
	var demo, rate string
	own := []setting{
		{flag: "demo", help: "run a demonstration", set: func(_ *Config, value string) error { demo = value; return nil }},
		{flag: "rate", example: "NUMBER", value: "100", help: "messages a second", set: func(_ *Config, value string) error { rate = value; return nil }},
	}
	config, errs := parseConfig([]string{"--demo", "x"}, variables(), own...)
	require.Empty(t, errs)
	require.Equal(t, []string{"true", "100"}, []string{demo, rate})
	require.Equal(t, []string{"x"}, config.Args, "a switch takes no value")

	_, errs = parseConfig([]string{"--demo=yes"}, variables(), own...)
	require.Contains(t, fmt.Sprint(errs), "--demo takes no value")

	var help strings.Builder
	require.NoError(t, terminal{out: &help}.describe("Own:", own))
	require.Contains(t, help.String(), "--rate NUMBER\n      messages a second (default 100)")
}

func TestHelpListsEverySetting(t *testing.T) {
	t.Parallel()
	var help strings.Builder
	require.NoError(t, writeHelp(terminal{out: &help}))
	for _, s := range settings(variables()) {
		require.Contains(t, help.String(), "--"+s.flag+" "+s.example)
		require.Contains(t, help.String(), "environment: "+s.env)
		require.Contains(t, help.String(), callText(s.help).In(catalogue.English))
	}
	require.Contains(t, help.String(), "(default ~/.local/share/kaskad)")
}

func TestDefaultsAreValidAndFlagsUnique(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, s := range settings(variables()) {
		require.False(t, seen[s.flag], s.flag)
		seen[s.flag] = true
		if s.value != "" {
			require.NoError(t, s.set(&Config{}, s.value), s.flag)
		}
	}
}

func TestASecretIsNeverShown(t *testing.T) {
	t.Parallel()
	config := Config{Database: "postgres://u:hush@h/d"}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("start", "config", config, "database", config.Database)
	encoded, err := json.Marshal(config)
	require.NoError(t, err)
	all := fmt.Sprintf("%v %+v %#v %s %q", config, config, config, config.Database, config.Database) + log.String() + string(encoded)
	require.NotContains(t, all, "hush")
	require.Contains(t, all, "(hidden)")
}
