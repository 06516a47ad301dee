package migrate

// Apply applies files of a test's own.
var Apply = apply
