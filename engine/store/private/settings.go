//go:build unix

package private

import (
	"context"
	"os/exec"
	"path/filepath"
	"strconv"
)

const megabyte = 1 << 20

// serverSettings is what the server is started with: durable, and as large as the machine bears beside other programs.
// memory is the machine's in bytes, 0 where it is not known.
func (o Options) serverSettings(memory int64, walCompression string) map[string]string {
	all := map[string]string{
		"listen_addresses":        "127.0.0.1",
		"unix_socket_directories": "",
		"max_connections":         strconv.Itoa(o.MaxConnections),
		"shared_buffers":          megabytes(min(max(memory/8, 256*megabyte), 8192*megabyte)),
		"effective_cache_size":    megabytes(max(memory/2, 1024*megabyte)),
		"maintenance_work_mem":    "128MB",
		"wal_buffers":             "16MB",
		"wal_compression":         walCompression, // facts come at random places: whole pages are most of the log
		"max_wal_size":            "4GB",
		"min_wal_size":            "256MB",
		"checkpoint_timeout":      "15min",
		"synchronous_commit":      "on",
		"fsync":                   "on",
		"full_page_writes":        "on",
		"random_page_cost":        "1.1",
		"jit":                     "off", // our statements are short; compiling them costs more than it saves
		"timezone":                "UTC",
		"log_timezone":            "UTC",
		"log_checkpoints":         "off",
		"logging_collector":       "off", // the keeper keeps the log, bounded
		// A frozen or vanished client must not hold a segment for ever.
		"tcp_user_timeout":                    "10s",
		"tcp_keepalives_idle":                 "10s",
		"tcp_keepalives_interval":             "3s",
		"tcp_keepalives_count":                "3",
		"idle_in_transaction_session_timeout": "60s",
	}
	for name, value := range o.Settings {
		all[name] = value
	}
	return all
}

func megabytes(n int64) string { return strconv.FormatInt(n/megabyte, 10) + "MB" }

// walCompression is how the server can compress pages in its log: by LZ4, which costs next to nothing, where it was built
// with that, else by its own way. -C comes first: the server lets root ask only so.
func walCompression(ctx context.Context, bin binaries, f folder) string {
	if exec.CommandContext(ctx, filepath.Join(bin.dir, "postgres"), "-C", "wal_compression", "-c", "wal_compression=lz4", "-D", f.data()).Run() == nil {
		return "lz4"
	}
	return "on"
}
