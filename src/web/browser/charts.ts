// Drawings of the server that share a time: one cursor over all of them, dragging and keys move and zoom. Without
// it links and the form do the same.
import './charts/times.ts'
import './charts/cursor.ts'
import './charts/pointer.ts'
import './charts/keys.ts'
import './charts/picture.ts'
