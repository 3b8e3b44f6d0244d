import * as tf from '@tensorflow/tfjs-core'
import * as native from '@kd/native'
import {rows} from './bench/engine-rows.mjs'
await tf.setBackend('native'); tf.enableProdMode()
for (const r of process.argv[2].split(',')) {
  const step=rows[r].prepare(); const n=Math.max(2,rows[r].steps)
  for (const fused of [true,false]) { native.useFusions(fused); step(); step()
  const c=[],w=[]; for(let k=0;k<5;k++){const a=process.cpuUsage(), t=performance.now(); for(let i=0;i<n;i++) step(); const d=process.cpuUsage(a); c.push((d.user+d.system)/1000/n); w.push((performance.now()-t)/n)}
  c.sort((x,y)=>x-y); w.sort((x,y)=>x-y)
  console.log(r, fused?'fused':'plain','cpu',c[0].toFixed(2),c[2].toFixed(2),'wall',w[0].toFixed(2),w[2].toFixed(2)) }
}
