//go:build !linux

package store_test

import (
	"net"
	"testing"

	"github.com/stretchr/testify/require"
)

// requireUserTimeout has only Linux' option to read.
func requireUserTimeout(t *testing.T, conn net.Conn) {
	t.Helper()
	require.NotNil(t, conn)
}
