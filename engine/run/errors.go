package run

import "errors"

// ErrLost says that a segment is not held any more by the session that wrote to it: another owner has it.
var ErrLost = errors.New("run: the segment is held by another owner")
