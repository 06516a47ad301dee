package wire

import "syscall"

// tcpUserTimeout is TCP_USER_TIMEOUT of linux/tcp.h, in milliseconds (RFC 5482): the same on all of Linux' machines.
const tcpUserTimeout = 18

// control bounds how long what was sent may stay unacknowledged.
func control(network, _ string, c syscall.RawConn) error {
	if network == "unix" {
		return nil
	}
	var refused error
	err := c.Control(func(fd uintptr) {
		refused = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpUserTimeout, int(Unanswered.Milliseconds()))
	})
	if err != nil {
		return err
	}
	return refused
}
