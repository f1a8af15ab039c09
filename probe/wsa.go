package probe

import "ftpdiag/probe/evidence"

// The numbers of Windows Sockets, as Go hands them on in a syscall.Errno. On
// Windows Go's own syscall.ECONNREFUSED and the like are invented numbers that no
// socket ever returns, so that errors.Is with them says no.
// Source: Windows Sockets Error Codes, Winsock2.h.
const (
	wsaEACCES        = 10013
	wsaEMFILE        = 10024
	wsaEAFNOSUPPORT  = 10047
	wsaEADDRINUSE    = 10048
	wsaEADDRNOTAVAIL = 10049
	wsaENETDOWN      = 10050
	wsaENETUNREACH   = 10051
	wsaENETRESET     = 10052
	wsaECONNABORTED  = 10053
	wsaECONNRESET    = 10054
	wsaENOBUFS       = 10055
	wsaETIMEDOUT     = 10060
	wsaECONNREFUSED  = 10061
	wsaEHOSTDOWN     = 10064
	wsaEHOSTUNREACH  = 10065
	wsaHostNotFound  = 11001
	wsaTryAgain      = 11002
	wsaNoRecovery    = 11003
	wsaNoData        = 11004

	// What an overlapped connect or read of Go ends with besides.
	winAccessDenied       = 5    // ERROR_ACCESS_DENIED
	winSemTimeout         = 121  // ERROR_SEM_TIMEOUT
	winNetnameDeleted     = 64   // ERROR_NETNAME_DELETED: the connection was reset
	winConnectionRefused  = 1225 // ERROR_CONNECTION_REFUSED
	winNetworkUnreachable = 1231 // ERROR_NETWORK_UNREACHABLE
	winHostUnreachable    = 1232 // ERROR_HOST_UNREACHABLE
	winConnectionAborted  = 1236 // ERROR_CONNECTION_ABORTED
)

// kindOfWSA sorts an error number of Windows; "" for one that says nothing.
func kindOfWSA(number uintptr) evidence.Kind {
	switch number {
	case wsaECONNREFUSED, winConnectionRefused:
		return evidence.KindRefused
	case wsaETIMEDOUT, winSemTimeout:
		return evidence.KindTimedOut
	case wsaECONNRESET, wsaECONNABORTED, wsaENETRESET, winNetnameDeleted, winConnectionAborted:
		return evidence.KindReset
	case wsaEHOSTUNREACH, wsaEHOSTDOWN, winHostUnreachable:
		return evidence.KindHostUnreachable
	case wsaENETUNREACH, wsaENETDOWN, wsaEAFNOSUPPORT, winNetworkUnreachable:
		return evidence.KindNetUnreachable
	case wsaEACCES, winAccessDenied:
		return evidence.KindDenied
	case wsaEADDRINUSE, wsaEADDRNOTAVAIL, wsaENOBUFS, wsaEMFILE:
		return evidence.KindExhausted
	case wsaHostNotFound, wsaNoData:
		return evidence.KindNoSuchHost
	case wsaTryAgain, wsaNoRecovery:
		return evidence.KindResolver
	}
	return ""
}
