//go:build unix && !linux

package private

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// ownProgram is the file of this program.
func ownProgram() (string, error) { return os.Executable() }

// hasNamespaces says whether the system knows user namespaces.
const hasNamespaces = false

// attributes make a child run as this identity.
func (who identity) attributes() *syscall.SysProcAttr {
	if who.UID != 0 {
		return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: who.UID, Gid: who.GID}}
	}
	return &syscall.SysProcAttr{}
}

// stopWithParent does nothing: no kernel but Linux can do it, so the server of a killed keeper is found and stopped by
// the next start.
func stopWithParent(*syscall.SysProcAttr) {}

// memory is not asked for here: the server gets what a small machine bears.
func memory() int64 { return 0 }

// serves says whether a process is a server whose cluster is data.
func serves(pid int, data string) bool {
	out, err := exec.Command("ps", "-o", "command=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && strings.Contains(string(out), "postgres") && strings.Contains(string(out), data)
}
