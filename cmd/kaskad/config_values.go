package main

import (
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxWorkers bounds the workers of one process: each has a connection of its own.
const maxWorkers = 64

// The setters check a value and keep it. Their errors say what would be right; the caller names setting and value.

// setDatabase says nothing of the value in its errors: the password is in it.
func setDatabase(c *Config, value string) error {
	wanted := fault("config.database")
	u, err := url.Parse(value)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return wanted
	}
	// Without a host in its usual place it may be in the query, a folder of sockets for instance.
	if u.Host == "" && u.Query().Get("host") == "" {
		return fault("config.database_host", "cause", wanted)
	}
	if port := u.Port(); port != "" && !validPort(port, 1) {
		return fault("config.database_port", "cause", wanted)
	}
	c.Database = Secret(value)
	return nil
}

func setData(c *Config, value string) error {
	if strings.TrimSpace(value) == "" || strings.ContainsRune(value, 0) {
		return fault("config.folder")
	}
	c.Data = value
	return nil
}

func setListen(c *Config, value string) error {
	_, port, err := net.SplitHostPort(value)
	if err != nil || !validPort(port, 0) {
		return fault("config.listen")
	}
	c.Listen = value
	return nil
}

// validPort says whether a port is a number from least to 65535.
func validPort(text string, least uint64) bool {
	port, err := strconv.ParseUint(text, 10, 16)
	return err == nil && port >= least
}

func setRoles(c *Config, value string) error {
	c.Roles = nil
	for role := range strings.SplitSeq(value, ",") {
		role = strings.TrimSpace(role)
		if role != "api" && role != "worker" {
			return fault("config.role", "role", role)
		}
		if !slices.Contains(c.Roles, role) {
			c.Roles = append(c.Roles, role)
		}
	}
	return nil
}

func setLogLevel(c *Config, value string) error {
	levels := map[string]slog.Level{
		"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError,
	}
	level, ok := levels[strings.ToLower(value)]
	if !ok {
		return fault("config.log_level")
	}
	c.LogLevel = level
	return nil
}

func setLogFormat(c *Config, value string) error {
	if value != "text" && value != "json" {
		return fault("config.log_format")
	}
	c.LogFormat = value
	return nil
}

func setWorkers(c *Config, value string) error {
	count, err := strconv.Atoi(value)
	if err != nil || count < 1 || count > maxWorkers {
		return fault("config.workers", "most", maxWorkers)
	}
	c.Workers = count
	return nil
}

func setAccountZone(c *Config, value string) error {
	zone, err := time.LoadLocation(value)
	// "" and "Local" are zones to Go, but not the same on every machine.
	if err != nil || value == "" || value == "Local" {
		return fault("config.zone")
	}
	c.AccountZone = zone
	return nil
}

func setOTLPEndpoint(c *Config, value string) error {
	if _, err := webURL(value); err != nil {
		return err
	}
	c.OTLPEndpoint = value
	return nil
}

func setBaseURL(c *Config, value string) error {
	u, err := webURL(value)
	if err != nil {
		return err
	}
	if u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || u.User != nil {
		return fault("config.base_url")
	}
	c.BaseURL = strings.TrimRight(value, "/")
	return nil
}

func webURL(value string) (*url.URL, error) {
	u, err := url.Parse(value)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return nil, fault("config.url")
	}
	return u, nil
}

func setOwnerEmail(c *Config, value string) (err error) {
	c.OwnerEmail, err = emailOf(value)
	return err
}

// minMetricsToken keeps out what is guessed, in characters.
const minMetricsToken = 16

func setMetricsToken(c *Config, value string) error {
	if len(value) < minMetricsToken || strings.ContainsAny(value, " \t\r\n") {
		return fault("config.metrics_token", "least", minMetricsToken)
	}
	c.MetricsToken = Secret(value)
	return nil
}

func setProxies(c *Config, value string) error {
	c.Proxies = nil
	for one := range strings.SplitSeq(value, ",") {
		one = strings.TrimSpace(one)
		_, notNetwork := netip.ParsePrefix(one)
		if _, err := netip.ParseAddr(one); err != nil && notNetwork != nil {
			return fault("config.proxies", "value", one)
		}
		c.Proxies = append(c.Proxies, one)
	}
	return nil
}
