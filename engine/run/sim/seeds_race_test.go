//go:build race

package sim

// The race detector makes everything several times slower.
const usualSeeds = 48
