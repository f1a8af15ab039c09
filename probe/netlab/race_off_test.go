//go:build linux && !race

package netlab

const raceDetector = false
