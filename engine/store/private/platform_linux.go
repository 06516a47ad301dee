package private

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// ownProgram is this program, even when its file was replaced or removed meanwhile.
func ownProgram() (string, error) { return "/proc/self/exe", nil }

// hasNamespaces says whether the system knows user namespaces. They may be forbidden still.
const hasNamespaces = true

// namespaceID is root's id inside the server's namespace: anyone but root.
const namespaceID = 1000

// attributes make a child run as this identity.
func (who identity) attributes() *syscall.SysProcAttr {
	switch {
	case who.Namespace:
		ids := []syscall.SysProcIDMap{{ContainerID: namespaceID, HostID: 0, Size: 1}}
		return &syscall.SysProcAttr{
			Cloneflags: syscall.CLONE_NEWUSER, UidMappings: ids, GidMappings: ids,
			Credential: &syscall.Credential{Uid: namespaceID, Gid: namespaceID, NoSetGroups: true},
		}
	case who.UID != 0:
		return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: who.UID, Gid: who.GID}}
	}
	return &syscall.SysProcAttr{}
}

// stopWithParent has the kernel stop the server in the fast way when the keeper is killed. The signal comes when the
// thread that started it ends, so that must be the main one.
func stopWithParent(attributes *syscall.SysProcAttr) { attributes.Pdeathsig = syscall.SIGINT }

// memory is how many bytes this machine has, or this container may use, if that is less.
func memory() int64 {
	var machine syscall.Sysinfo_t
	if syscall.Sysinfo(&machine) != nil {
		return 0
	}
	all := int64(machine.Totalram) * int64(machine.Unit) //nolint:unconvert // of another width on other machines
	for _, file := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		text, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		if n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil && n > 0 {
			all = min(all, n)
		}
	}
	return all
}

// serves says whether a process is a server whose cluster is data. A process that we may not look at is not.
func serves(pid int, data string) bool {
	proc := filepath.Join("/proc", strconv.Itoa(pid))
	name, err := os.ReadFile(filepath.Join(proc, "comm"))
	if err != nil || strings.TrimSpace(string(name)) != "postgres" {
		return false
	}
	at, err := os.Readlink(filepath.Join(proc, "cwd")) // a server works inside its cluster
	if err != nil {
		return false
	}
	real, err := filepath.EvalSymlinks(data)
	return err == nil && at == real
}
