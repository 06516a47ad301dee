//go:build unix

package private

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// identity is whom the server runs as. PostgreSQL refuses root, so root starts it in a user namespace of one id, where
// root's own files belong to an ordinary user, or, where namespaces are forbidden, as an ordinary user who then owns
// the cluster.
type identity struct {
	Namespace bool `json:",omitempty"`
	UID, GID  uint32
}

// ordinaryUsers are accounts that a machine is likely to have, best first.
func ordinaryUsers() []string { return []string{"postgres", "nobody"} }

// chooseIdentity finds out as whom the server can run here, by running it.
func chooseIdentity(ctx context.Context, f folder, bin binaries) (identity, error) {
	if os.Geteuid() != 0 {
		return identity{}, nil
	}
	owner, err := f.dataOwner()
	if err != nil {
		return identity{}, err
	}
	namespace := identity{Namespace: true}
	reason := errors.New("the cluster belongs to an ordinary user already")
	switch {
	case !hasNamespaces:
		reason = errors.New("this system has none")
	case owner == 0:
		if reason = namespace.try(ctx, bin); reason == nil {
			return namespace, nil
		}
	}
	who, err := ordinaryIdentity(owner)
	if err == nil {
		err = who.try(ctx, bin)
	}
	if err == nil {
		err = who.own(f)
	}
	if err != nil {
		return identity{}, fmt.Errorf("PostgreSQL cannot run as root here: no user namespace (%v), and not as an "+
			"ordinary user (%w); run as an ordinary user or set DATABASE_URL", reason, err)
	}
	return who, nil
}

// dataOwner is the owner of the cluster, root when there is none yet.
func (f folder) dataOwner() (uint32, error) {
	info, err := os.Stat(f.data())
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return info.Sys().(*syscall.Stat_t).Uid, nil
}

// ordinaryIdentity is the cluster's owner, or the first of the ordinary users when that is root.
func ordinaryIdentity(owner uint32) (identity, error) {
	if owner != 0 {
		u, err := user.LookupId(strconv.Itoa(int(owner)))
		if err != nil {
			return identity{}, err
		}
		return newIdentity(u)
	}
	for _, name := range ordinaryUsers() {
		if u, err := user.Lookup(name); err == nil {
			return newIdentity(u)
		}
	}
	return identity{}, fmt.Errorf("none of the accounts %v exists", ordinaryUsers())
}

func newIdentity(u *user.User) (identity, error) {
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return identity{}, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	return identity{UID: uint32(uid), GID: uint32(gid)}, err
}

// try runs the server's shortest command.
func (who identity) try(ctx context.Context, bin binaries) error {
	cmd := exec.CommandContext(ctx, filepath.Join(bin.dir, "postgres"), "--version")
	cmd.Dir = "/"
	cmd.Env = childEnvironment()
	cmd.SysProcAttr = who.attributes()
	return cmd.Run()
}

// own gives an ordinary user what the server must own and reach: the folder and the cluster. Root keeps its access.
func (who identity) own(f folder) error {
	if who.UID == 0 {
		return nil
	}
	if err := os.Chown(string(f), int(who.UID), int(who.GID)); err != nil {
		return err
	}
	for parent := filepath.Dir(string(f)); parent != filepath.Dir(parent); parent = filepath.Dir(parent) {
		info, err := os.Stat(parent)
		if err != nil {
			return err
		}
		if info.Mode().Perm()&0o001 == 0 && info.Sys().(*syscall.Stat_t).Uid != who.UID {
			return fmt.Errorf("%s is closed to the user with id %d: choose another data folder", parent, who.UID)
		}
	}
	for _, dir := range []string{f.data(), f.file("data.new")} {
		err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil {
				return err
			}
			return os.Lchown(path, int(who.UID), int(who.GID))
		})
		if err != nil {
			return err
		}
	}
	return nil
}
