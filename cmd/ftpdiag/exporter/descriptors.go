package exporter

// mostConnections bounds the connections at once, so that probes always find
// descriptors: one without would be taken for a fault of its target. The rest
// wait in the backlog.
func mostConnections() int { return max(128, min(16384, descriptors()/2)) }
