//go:build unix

package private

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"runtime"
	"strings"
	"time"

	"filippo.io/age"
)

// A backup is one file: a tar file, compressed with gzip, and with age around it where there is a passphrase, so that it
// can be opened without this program too. Its entries, in this order:
//
//	kaskad-backup.json       Head: what is needed to tell whether it can be restored here
//	NAME.key                 the keys of the data folder
//	postgresql/password      of the cluster's superuser
//	postgresql/data/...      the cluster, its WAL and PostgreSQL's own backup_manifest
//	kaskad-complete.json     tail: a digest of all that came before; without it the file is cut short
const (
	headName = "kaskad-backup.json"
	tailName = "kaskad-complete.json"
	// backupFormat goes up when an older program would restore a backup wrongly.
	backupFormat = 1
	// maxSmall bounds an entry that is read into memory, in bytes.
	maxSmall = 1 << 20
	// maxWork is the most work that an encrypted file may ask for, as a power of two: 2^20 takes a gigabyte.
	maxWork   = 20
	ageMagic  = "age-encryption.org/"
	gzipMagic = "\x1f\x8b"
)

// What can be wrong with a backup or with the place where it is to be put.
var (
	ErrNoBackup  = errors.New("it is not a backup of kaskad")
	ErrBroken    = errors.New("the backup is broken")
	ErrNewer     = errors.New("the backup was made by a newer version of kaskad")
	ErrPlatform  = errors.New("the backup was made on another kind of machine")
	ErrEncrypted = errors.New("the backup is encrypted")
	ErrWrongKey  = errors.New("the passphrase is not the one that the backup was encrypted with")
)

// Head tells what a backup is of.
type Head struct {
	Format     int       `json:"format"`
	Program    string    `json:"program"`    // version of kaskad
	Schema     int64     `json:"schema"`     // of the database: the number of its last migration
	PostgreSQL int       `json:"postgresql"` // major version
	Platform   string    `json:"platform"`   // a copy of a cluster is good for this kind of machine only
	Began      time.Time `json:"began"`
}

// Tail is the end of a whole backup.
type Tail struct {
	Ended   time.Time `json:"ended"` // what was committed before Head.Began is in it, what came after Ended is not
	From    string    `json:"wal_from"`
	To      string    `json:"wal_to"`
	Entries int       `json:"entries"`
	Bytes   int64     `json:"bytes"` // before compression
	Digest  string    `json:"sha256"`
}

func platform() string { return runtime.GOOS + "/" + runtime.GOARCH }

// digest sums up entries: their names, sizes and contents, in order.
type digest struct {
	sum     hash.Hash
	entries int
	bytes   int64
}

func newDigest() *digest { return &digest{sum: sha256.New()} }

func (d *digest) add(name string, size int64, content hash.Hash) {
	fmt.Fprintf(d.sum, "%q %d %x\n", name, size, content.Sum(nil))
	d.entries++
	d.bytes += size
}

func (d *digest) text() string { return hex.EncodeToString(d.sum.Sum(nil)) }

// archive is a backup that is being written.
type archive struct {
	*digest
	tar    *tar.Writer
	layers []io.Closer // outermost last
}

// newArchive begins a backup; passphrase may be empty.
func newArchive(out io.Writer, passphrase string) (*archive, error) {
	a := &archive{digest: newDigest()}
	if passphrase != "" {
		recipient, err := age.NewScryptRecipient(passphrase)
		if err != nil {
			return nil, err
		}
		sealed, err := age.Encrypt(out, recipient)
		if err != nil {
			return nil, err
		}
		out = sealed
		a.layers = append(a.layers, sealed)
	}
	squeezed, err := gzip.NewWriterLevel(out, gzip.BestSpeed)
	if err != nil {
		return nil, err
	}
	a.tar = tar.NewWriter(squeezed)
	a.layers = append([]io.Closer{a.tar, squeezed}, a.layers...)
	return a, nil
}

// small writes an entry that is in memory.
func (a *archive) small(name string, content []byte, at time.Time) error {
	return a.entry(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: int64(len(content)), ModTime: at}, bytes.NewReader(content))
}

func (a *archive) json(name string, v any, at time.Time) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return a.small(name, text, at)
}

// entry writes a file or folder. Whose it was and who might read it is left out: restored, it is of whoever restores.
func (a *archive) entry(h *tar.Header, content io.Reader) error {
	out := &tar.Header{Typeflag: h.Typeflag, Name: h.Name, Size: h.Size, Mode: 0o600, ModTime: h.ModTime, Format: tar.FormatPAX}
	if h.Typeflag == tar.TypeDir {
		out.Mode, out.Size = 0o700, 0
	}
	if err := a.tar.WriteHeader(out); err != nil {
		return err
	}
	sum := sha256.New()
	if h.Typeflag != tar.TypeDir {
		if _, err := io.Copy(io.MultiWriter(a.tar, sum), content); err != nil {
			return err
		}
	}
	a.add(out.Name, out.Size, sum)
	return nil
}

// cluster writes what the server sends, under the cluster's folder.
func (a *archive) cluster(sent io.Reader) error {
	in := tar.NewReader(sent)
	for {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if h.Typeflag != tar.TypeReg && h.Typeflag != tar.TypeDir {
			return errTablespaces // a link: the WAL or a tablespace is elsewhere
		}
		h.Name = clusterFolder + strings.TrimPrefix(h.Name, "./")
		if err := a.entry(h, in); err != nil {
			return err
		}
	}
}

// close writes the tail and what is left of the layers.
func (a *archive) close(tail Tail) (Tail, error) {
	tail.Entries, tail.Bytes, tail.Digest = a.entries, a.bytes, a.text()
	if err := a.json(tailName, tail, tail.Ended); err != nil {
		return tail, err
	}
	for _, l := range a.layers {
		if err := l.Close(); err != nil {
			return tail, err
		}
	}
	return tail, nil
}

// opened is a backup that is being read.
type opened struct {
	*tar.Reader
	rest io.Reader // what the entries are read from
}

// openArchive begins to read a backup, whose passphrase may be empty.
func openArchive(in io.Reader, passphrase string) (*opened, error) {
	b := bufio.NewReaderSize(in, 1<<18)
	start, err := b.Peek(len(ageMagic))
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if string(start) == ageMagic {
		if passphrase == "" {
			return nil, ErrEncrypted
		}
		plain, err := unseal(b, passphrase)
		if err != nil {
			return nil, err
		}
		b = bufio.NewReaderSize(plain, 1<<18)
	} else if !strings.HasPrefix(string(start), gzipMagic) {
		return nil, ErrNoBackup
	}
	plain, err := gzip.NewReader(b)
	if err != nil { // its beginning was right, so it was cut or changed
		return nil, fmt.Errorf("%w: %w", ErrBroken, err)
	}
	return &opened{tar.NewReader(plain), plain}, nil
}

func unseal(in io.Reader, passphrase string) (io.Reader, error) {
	identity, err := age.NewScryptIdentity(passphrase)
	if err != nil {
		return nil, err
	}
	identity.SetMaxWorkFactor(maxWork)
	plain, err := age.Decrypt(in, identity)
	var none *age.NoIdentityMatchError
	if errors.As(err, &none) {
		return nil, ErrWrongKey
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBroken, err)
	}
	return plain, nil
}

// readHead reads the first entry and tells whether this program, which knows migrations up to schema, can restore the rest.
func readHead(in *opened, sums *digest, schema int64) (head Head, err error) {
	h, err := in.Next()
	if err != nil || h.Name != headName {
		return head, fmt.Errorf("%w: %v", ErrNoBackup, err) //nolint:errorlint // it may be nil
	}
	text, err := readSmall(in, h, sums)
	if err == nil {
		err = json.Unmarshal(text, &head)
	}
	switch {
	case err != nil:
		return head, fmt.Errorf("%w: %w", ErrBroken, err)
	case head.Format > backupFormat || head.Schema > schema:
		return head, ErrNewer
	case head.Format < 1:
		return head, ErrNoBackup
	case head.Platform != platform():
		return head, ErrPlatform
	}
	return head, nil
}

func readSmall(in io.Reader, h *tar.Header, sums *digest) ([]byte, error) {
	if h.Size > maxSmall {
		return nil, fmt.Errorf("%s is too large", h.Name)
	}
	text, err := io.ReadAll(in)
	if err != nil {
		return nil, err
	}
	sum := sha256.New()
	sum.Write(text)
	sums.add(h.Name, h.Size, sum)
	return text, nil
}

// readRest reads everything behind the head, gives each entry to keep, and says whether all is as it was written. keep
// must read the content to its end; its own errors are passed on.
func readRest(in *opened, sums *digest, keep func(h *tar.Header, content io.Reader) error) (tail Tail, err error) {
	for {
		h, err := in.Next()
		if err != nil { // the end too: the tail is missing
			return tail, fmt.Errorf("%w: %w", ErrBroken, err)
		}
		if h.Name == tailName {
			return readTail(in, h, sums)
		}
		if h.Typeflag != tar.TypeReg && h.Typeflag != tar.TypeDir {
			return tail, fmt.Errorf("%w: %q is neither a file nor a folder", ErrBroken, h.Name)
		}
		sum := sha256.New()
		content := &watched{in: io.TeeReader(in, sum)}
		if err := keep(h, content); err != nil {
			if content.err != nil {
				return tail, fmt.Errorf("%w: %w", ErrBroken, content.err)
			}
			return tail, err
		}
		sums.add(h.Name, h.Size, sum)
	}
}

// readTail holds what was read against the tail, and reads what is behind it, so that every layer checks its own end.
func readTail(in *opened, h *tar.Header, sums *digest) (tail Tail, err error) {
	want := Tail{Entries: sums.entries, Bytes: sums.bytes, Digest: sums.text()}
	text, err := readSmall(in, h, newDigest())
	if err == nil {
		err = json.Unmarshal(text, &tail)
	}
	if err != nil {
		return tail, fmt.Errorf("%w: %w", ErrBroken, err)
	}
	if tail.Entries != want.Entries || tail.Bytes != want.Bytes || tail.Digest != want.Digest {
		return tail, fmt.Errorf("%w: its content is not what was written", ErrBroken)
	}
	if _, err := in.Next(); !errors.Is(err, io.EOF) {
		return tail, fmt.Errorf("%w: something follows its end: %v", ErrBroken, err) //nolint:errorlint // it may be nil
	}
	if _, err := io.Copy(io.Discard, in.rest); err != nil {
		return tail, fmt.Errorf("%w: %w", ErrBroken, err)
	}
	return tail, nil
}

// watched remembers the error of reading, so that it can be told from one of writing.
type watched struct {
	in  io.Reader
	err error
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.in.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		w.err = err
	}
	return n, err
}
