package store_test

import (
	"net"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"kaskad/engine/store/wire"
)

// requireUserTimeout reads the client's socket: how long what it sent may stay unacknowledged, and its probes.
func requireUserTimeout(t *testing.T, conn net.Conn) {
	t.Helper()
	socket, ok := conn.(*net.TCPConn)
	require.True(t, ok, "%T", conn)
	raw, err := socket.SyscallConn()
	require.NoError(t, err)
	const tcpUserTimeout = 18 // of linux/tcp.h
	for option, want := range map[int]int{tcpUserTimeout: int(wire.Unanswered.Milliseconds()), syscall.TCP_KEEPIDLE: 5,
		syscall.TCP_KEEPINTVL: 2, syscall.TCP_KEEPCNT: 3} {
		var got int
		var failed error
		require.NoError(t, raw.Control(func(fd uintptr) { got, failed = syscall.GetsockoptInt(int(fd), syscall.IPPROTO_TCP, option) }))
		require.NoError(t, failed)
		require.Equal(t, want, got, "option %d", option)
	}
}
