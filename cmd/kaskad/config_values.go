package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
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
	wanted := errors.New("give postgres://user:password@host:port/database (a password with special characters must " +
		"be percent-encoded)")
	u, err := url.Parse(value)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return wanted
	}
	// Without a host in its usual place it may be in the query, a folder of sockets for instance.
	if u.Host == "" && u.Query().Get("host") == "" {
		return fmt.Errorf("it names no host: %w", wanted)
	}
	if port := u.Port(); port != "" && !validPort(port, 1) {
		return fmt.Errorf("its port is not 1 to 65535: %w", wanted)
	}
	c.Database = Secret(value)
	return nil
}

func setData(c *Config, value string) error {
	if strings.TrimSpace(value) == "" || strings.ContainsRune(value, 0) {
		return errors.New("give a folder")
	}
	c.Data = value
	return nil
}

func setListen(c *Config, value string) error {
	_, port, err := net.SplitHostPort(value)
	if err != nil || !validPort(port, 0) {
		return errors.New("give host:port, for instance 127.0.0.1:8080, or :8080 for all addresses; the port is 0 to 65535")
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
			return fmt.Errorf("%q is not a role: give api, worker, or api,worker", role)
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
		return errors.New("give debug, info, warn or error")
	}
	c.LogLevel = level
	return nil
}

func setLogFormat(c *Config, value string) error {
	if value != "text" && value != "json" {
		return errors.New("give text or json")
	}
	c.LogFormat = value
	return nil
}

func setWorkers(c *Config, value string) error {
	count, err := strconv.Atoi(value)
	if err != nil || count < 1 || count > maxWorkers {
		return fmt.Errorf("give a number from 1 to %d", maxWorkers)
	}
	c.Workers = count
	return nil
}

func setAccountZone(c *Config, value string) error {
	zone, err := time.LoadLocation(value)
	// "" and "Local" are zones to Go, but not the same on every machine.
	if err != nil || value == "" || value == "Local" {
		return errors.New("give a zone of the IANA database, for instance Europe/Moscow or Asia/Vladivostok")
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
		return errors.New("it must have no user, ? or #: links are made by adding to its end")
	}
	c.BaseURL = strings.TrimRight(value, "/")
	return nil
}

func webURL(value string) (*url.URL, error) {
	u, err := url.Parse(value)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return nil, errors.New("give http://host or https://host, with a port and a path if need be")
	}
	return u, nil
}
