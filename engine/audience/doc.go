// Package audience reads address books and knows people's phones and time zones. It is pure: it takes readers and
// writers, streams contacts out, and leaves storing them to others.
//
// A file is read once, from start to end, in bounded memory: besides one record (at most MaxRecord) a Reader keeps
// up to 60 bytes for each contact, so that doubles are found. Nothing in a file is trusted.
package audience
